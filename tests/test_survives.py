"""What must survive all steps: texts that do not look like articles, and articles about what the rules take, in many languages."""

from typing import get_args

import pytest

from cleaners import pipeline, rules
from cleaners.document import Document
from cleaners.model import Cut
from tests.test_model import SURVIVES
from tests.test_world import ARTICLE, LANGUAGES

BOOK = rules.load()


def left(text: str, cut: Cut | None) -> str:
    """What the whole pipeline leaves of a text, with the title that it found in front."""
    cleaned = pipeline.clean(Document("case", text), BOOK, cut)
    return f"{cleaned.title}\n\n{cleaned.text}" if cleaned.title else cleaned.text


KINDS = {
    "German recipe": """Linsensuppe mit Zitrone

Das kochen wir, wenn der Garten unter Schnee liegt. Es dauert vierzig Minuten und schmeckt am nächsten Tag noch besser.

Zutaten

250 g rote Linsen
2 Möhren
1 Zwiebel
1 EL Olivenöl
1,2 l Gemüsebrühe
Saft einer Zitrone
Salz und Pfeffer

Zubereitung

1. Zwiebel und Möhren würfeln.
2. Zehn Minuten im Öl dünsten.
3. Linsen und Brühe dazugeben und zwanzig Minuten köcheln lassen.

Dazu passt Fladenbrot.""",
    "French interview": """La nouvelle cheffe de l’orchestre parle de salles vides, de cuivres bruyants et de mémoire.

Comment êtes-vous venue à la musique ?

Ma grand-mère avait une radio et des horaires stricts. Le dimanche à onze heures, c’était la symphonie, et personne ne parlait.

Vouliez-vous déjà diriger ?

Non, je voulais être la radio.

Et l’ancienne salle ?

Elle reste. Il lui faut de nouveaux sièges et un meilleur bar.""",
    "Spanish live ticker": """La tormenta llega esta tarde a la costa. Aquí contamos lo que pasa en los pueblos de la ría.

17:42 El transbordador entre las dos islas ha parado. El último barco llegó con cuarenta pasajeros.

17:20 Los bomberos avisan de los primeros árboles caídos en la carretera del faro.

17:05 El alcalde pide a todos que se queden en casa hasta la medianoche.

16:30 Las escuelas cerraron hace una hora.

15:30 Buenas tardes. Todavía hay calma, pero no por mucho tiempo.""",
    "Russian poem": """Над пристанью ложится первый снег,
И лодки спят, укрытые рогожей.
Никто не ждёт. И только человек
Стоит и смотрит, как проходит позже

По белой набережной старый пёс,
И фонари качаются устало.
Он что-то потерял. Он всё унёс.
Ему и этой тишины не мало.""",
    "Chinese poem": """雪落在屋顶上

夜里没有人说话
灯一盏一盏灭了

梅树靠着墙
又长出一棵
白色的树

谁也没有叫它来""",
    "Italian list": """Che cosa abbiamo portato nella traversata, e che cosa avremmo dovuto lasciare a casa

- due coperte di lana
- un fornello e tre bombole
- la chitarra, che nessuno ha suonato
- dodici chili di pasta
- un libro per ciascuno
- carte nautiche del 1987

La prossima volta lasceremo a casa la chitarra.""",
    "Turkish match report": """Rovers iki farktan dönüp lideri durdurdu

Rovers dün akşam iki gol geriden gelerek lig lideriyle 2-2 berabere kaldı. Maç yağmur altında oynandı.

Goller: Kaya 12, Demir 31 (p); Yıldız 67, Aksoy 90+3

Rovers: Er; Tekin, Kaplan, Sarı, Uçar; Yıldız, Polat; Aksoy, Kurt, Özer; Acar
Hakem: M. Doğan
Seyirci: 11.204

“Bırakmadık,” dedi teknik direktör maçtan sonra.""",
    "Arabic poem": """على الرصيف القديم يسقط المطر
والقوارب نائمة تحت القماش
لا أحد ينتظر
وحده الرجل العجوز
يعدّ ما بقي من المصابيح
ثم يمضي بلا كلام""",
    "Japanese recipe": """レモンとレンズ豆のスープ

庭が雪に埋もれたころに作る一皿。四十分でできて、翌日はもっとおいしい。

材料

赤レンズ豆 250g
にんじん 2本
玉ねぎ 1個
オリーブ油 大さじ1
レモン汁 1個分
塩、こしょう 少々

作り方

1. 玉ねぎとにんじんを刻む。
2. 油で十分ほど炒める。
3. 豆と水を加え、二十分煮る。""",
    "code in Polish": """Jak policzyć wiersze w katalogu

Ten krótki program liczy wiersze wszystkich plików w katalogu i pokazuje wynik.

from pathlib import Path

total = 0
for path in Path(".").glob("*.txt"):
    total += len(path.read_text().splitlines())
print(total)

Zapisz go jako count.py i uruchom poleceniem

python count.py

Wynik pojawi się po chwili.""",
    "interview by initials": """Q: When did the bells stop?

A: In the winter of 1962, when the rope froze.

Q: And nobody repaired it?

A: Nobody missed it. Then somebody died, and we all missed it at once.

Q: Who rang it again?

A: My brother. He still does.""",
    "short German notice": "Die Brücke über die Alme ist am Sonntag von acht bis zwölf Uhr gesperrt. Busse halten an der Mühle.",
    "dialogue": """“Is it far?”

“Far enough.”

“Will there be boats?”

“There were boats when I was a girl.”

She put the kettle down and looked at the window, where the rain had begun to draw the hills away, one after the other.

“Then we should go now,” he said.""",
    "table of results": """Results of the county swimming day

Nine schools took part on Saturday, and three records fell before noon.

50 m freestyle
1. Anna Holt, Mill Lane, 31.2
2. Piotr Nowak, Harbour School, 31.9
3. Ada Brandt, St Anne's, 32.4

100 m backstroke
1. Jo Reed, Harbour School, 1:14.0
2. Lea Marsh, Mill Lane, 1:15.8

The next meeting is in June.""",
    "korean ticker": """폭풍이 오늘 오후 해안에 닿는다. 하구 마을의 소식을 여기에 전한다.

17:42 두 섬을 오가는 배가 멈췄다. 마지막 배는 승객 마흔 명을 태우고 들어왔다.

17:20 등대로 가는 길에 나무가 쓰러졌다고 소방서가 알렸다.

16:30 학교는 한 시간 전에 문을 닫았다.

15:30 아직은 바람이 잔잔하다.""",
    "obituary list": """Deaths

Reed, Thomas, 84, of Mill Lane, boatbuilder. Service on Friday at ten in St Anne's.

Marsh, Eleanor, 91, teacher. Private.

Nowak, Jan, 77, of Harbour Street, who kept the lighthouse. Service on Saturday at noon.""",
}


@pytest.mark.parametrize("cut", [None, "cautious"])
@pytest.mark.parametrize("name", SURVIVES)
def test_what_the_line_model_leaves_the_other_steps_leave_too(name: str, cut: Cut | None) -> None:
    assert left(SURVIVES[name], cut) == SURVIVES[name]


@pytest.mark.parametrize("name", KINDS)
def test_what_looks_like_no_article_survives(name: str) -> None:
    assert [cut for cut in (None, *get_args(Cut)) if cut != "eager" and left(KINDS[name], cut) != KINDS[name]] == []


@pytest.mark.parametrize("unseen", ["\u200b", "\u2060", "\u3164", "\u2800", "\u200b\xa0 ", "\u200d", "\u200e", "\xad"])
def test_a_line_with_nothing_to_see_is_blank(unseen: str) -> None:
    above, below = ARTICLE.split("\n\n")
    assert left(f"{above}\n{unseen}\n\n{unseen}\n{below}\n{unseen}", None) == ARTICLE


def test_blanks_without_width_at_line_ends_go_and_what_shapes_a_letter_stays() -> None:
    above, below = ARTICLE.split("\n\n")
    assert left(f"{above}\u200b\n\n{below} \u2060", None) == ARTICLE
    assert left(f"{above} ക്\u200d\n\n{below}\u200f", None) == f"{above} ക്\u200d\n\n{below}\u200f"
    once = left(f"{above}\n\nÑœ\u200b\n\n{below}", None)  # without its last character it would be "ќ"
    assert left(once, None) == once


# What others than sites say in the words of buttons, headings and banners: people who talk, recipes, tables of values, courts, lists of advice.
WORDS_OF_BUTTONS = {
    "German dialogue": """„Weiterlesen?“

„Ja.“

Er las weiter, und sie hörte zu, bis das Licht aus war und der Hund sich unter den Tisch gelegt hatte, wo er immer lag.

„Weiterlesen.“""",
    "French dialogue": """— Lire la suite ?

— Lis.

Elle posa la bouilloire et regarda la fenêtre, où la pluie avait commencé d’emporter les collines l’une après l’autre.

« Lire la suite ! »""",
    "Russian dialogue": """— Читать дальше?

— Читай.

Она поставила чайник и посмотрела в окно, где дождь уже уносил холмы один за другим, без единого звука.

— Подписаться?

— Далее.""",
    "Japanese dialogue": """「続きを読む？」

「読んで。」

彼女はやかんを置いて窓を見た。雨はもう山をひとつずつ、音もなく連れ去りはじめていた。

「次へ。」""",
    "Arabic dialogue": """- اقرأ المزيد.

- أقرأ المزيد؟

وضعت الإبريق ونظرت إلى النافذة، حيث بدأ المطر يأخذ التلال واحدا بعد آخر دون أي صوت يذكر.

- التالي.""",
    "an answer of two words": """What did you do when the last lamp was out, and nobody needed you any more?

Read more.""",
    "line of a poem": """Close the window.
Share the bread.
Leave a comment on the wall in chalk.
Go home.""",
    "Spanish recipe": """Es el pastel que más vendemos los sábados, y como todo el mundo nos pide la receta, aquí está, con todos sus secretos.

También te puede gustar

con un puñado de semillas de amapola
con azúcar glas y un vaso de leche""",
    "what one may also do": """This is the cake that we sell most of on Saturdays, and people keep asking for the recipe, so here it is, at last.

You might also like

to add a handful of poppy seeds, as my sister does, or the zest of a second lemon, which I do when nobody looks.

Serve with tea.""",
    "system requirements": """It is the third game of the series, and the first in which the sea is more than a picture; ships sink in it.

Minimum
Processor: four cores
Memory: 8 GB
Graphics: 2 GB

Recommended
Processor: eight cores
Memory: 16 GB
Graphics: 8 GB""",
    "a court quotes a banner": """The banner on the page reads:

We use cookies to personalise content and ads, and to analyse our traffic.

Below it are two buttons.""",
    "a guide to banners": """The team looked at ten thousand pages, and on most of them the banner began with one of two sentences.

We use cookies to improve your experience

It stood on four of ten pages, and in half of the cases it was not true.

Accept all

The button is green. The other one is grey, if it is there at all.""",
    "a guide to a site": """Der Kurs für Anfänger geht die Seite der Bibliothek Zeile für Zeile durch, und niemand muss sich beeilen.

Passwort vergessen?

Klicken Sie auf den Link.

Alle akzeptieren

Der Knopf hat damit nichts zu tun.

Newsletter abonnieren

Das ist freiwillig.""",
    "a guide to a form": """The second part builds a form for the theme from nothing, and says of every line what it does and what for.

Leave a Reply

Most themes use an h3 for it.

Name

The label stands above the field.

Post Comment

The button comes last.""",
    "questions that a form asks": """The questions that the crew hears every day, with the answers that it would like to give.

Forgot your password?

Nobody needs one. The ticket has a number, and the crew has a list.

Already have an account?

Then use it at the bank. The ferry has none.""",
    "list of advice": """Ten rules for a calmer life, which I have kept for a year, more or less, and which cost nothing but some mornings.

Follow your heart

It is an organ of poor judgement but of great endurance, and in the long run that is what counts for most of us.

Read more

The average adult finishes four books a year and looks at a telephone for a thousand hours, which says all there is to say.

Share the bread

What you give away you do not have to dust. My neighbour gave her piano to the school, and now she hears it at noon.

Say sorry

And mean it, which is the harder half. I have done it twice this year, and I remember both of the days exactly.""",
    "recommended reading": """The course meets on Tuesdays in room 4. There is no examination; everybody writes a page a week and reads it aloud.

Recommended reading

Holt, Eels at Night
Reed, Knots and Splices""",
    "steps of a list": """The town sold its ferry tickets on paper for ninety years, and from Monday on it sells them in an app.

How to buy a ticket

- Open the app
- Enter your email address
- Verify your email
- Copy link
- Choose the day of your visit

How to listen at home

Find the film on the page of the museum
Accept all cookies
Subscribe to the channel
Wait for the bell

How to do neither

Stay at home.
Sign in with Google.
Press the red button.
Tell nobody about it.

Whoever has no telephone may go on buying them from the clerk at the quay, who has never had a day off, as she told us.""",
    "steps in Chinese": """小镇的渡船票卖了九十年都是纸质的，从下周一起，乘客也可以在手机应用里买票，镇政府周三在公告里这样写道，并且贴出了说明。

- 打开应用
- 输入您的电子邮件地址
- 订阅我们的新闻通讯
- 选择日期

没有手机的人可以继续在码头的售票员那里买票，她说自己从来没有休息过一天，也不打算从现在开始休息，因为船总是要开的。""",
    "a policy in German": """Datenschutzerklärung der Hafenzeitung

Wir nehmen den Schutz Ihrer Daten ernst und erklären auf dieser Seite, welche wir erheben, solange Sie sie lesen, und wozu.

Cookies

Wir verwenden Cookies, um unsere Website für Sie nutzbar zu machen. Sie können Cookies in Ihrem Browser jederzeit löschen.

Newsletter

Wenn Sie unseren Newsletter abonnieren, speichern wir Ihre E-Mail-Adresse.""",
    "a policy in Chinese": """隐私政策

我们非常重视您的隐私，本政策说明我们收集哪些信息、为什么收集这些信息以及如何保护它们，请您在使用本网站之前仔细阅读。

Cookie

我们使用 Cookie 来改善您的体验。您可以在浏览器中删除 Cookie。""",
    "recommended reading in Chinese": """雾是海边的人最早学会辨认的东西，也是他们最晚学会描写的东西，这门课要读的几本书写的都是这件事，每周读一本。

推荐阅读

《雾：看不见的历史》，王芳著，2011年
《冰上领航员》，李明著，2014年
张晓：《岸》""",
    "topics of a course": """Six evenings in the library with a teacher who began at sixty, and who says that it is never too late, but often too early.

Topics covered

What a browser is, and what it is not
Passwords on paper""",
}


@pytest.mark.parametrize("cut", [None, "cautious"])
@pytest.mark.parametrize("name", WORDS_OF_BUTTONS)
def test_the_words_of_buttons_survive_in_an_article(name: str, cut: Cut | None) -> None:
    text = WORDS_OF_BUTTONS[name]
    assert left(text, cut) == text
    assert left(f"{text}\n\nLeave a Reply\n\nYour email address will not be published.", cut) == text


# For each language what an article says of that which the rules of five families take: buttons to share, articles to read as well,
# newsletters, cookies, advertising.
ABOUT = {
    "de": [
        "Sie teilte das Foto auf Facebook und Instagram, und am Abend hatten es tausend Leute gesehen.",
        "„Lesen Sie auch das Kleingedruckte“, rät der Anwalt seit Jahren, und kaum jemand tut es.",
        "Wer den Newsletter des Rathauses abonniert, erfährt die Termine einen Tag früher als die anderen.",
        "Das Gericht entschied, dass Webseiten Cookies nur mit Einwilligung der Nutzer setzen dürfen.",
        "Die Anzeige in der Zeitung kostete damals zwölf Mark, und es meldete sich ein einziger Käufer.",
    ],
    "fr": [
        "Elle a partagé la photo sur Facebook et sur Twitter, et mille personnes l’avaient vue le soir même.",
        "« Lisez aussi les petites lignes », conseille l’avocat depuis des années, et presque personne ne le fait.",
        "Ceux qui s’abonnent à la newsletter de la mairie connaissent les dates un jour avant les autres.",
        "Le tribunal a jugé que les sites ne peuvent déposer des cookies qu’avec l’accord de l’internaute.",
        "La publicité dans le journal coûtait alors douze francs, et un seul acheteur s’est présenté.",
    ],
    "es": [
        "Compartió la foto en Facebook y en WhatsApp, y por la noche la habían visto mil personas.",
        "«Lea también la letra pequeña», aconseja el abogado desde hace años, y casi nadie lo hace.",
        "Quien se suscribe al boletín del ayuntamiento conoce las fechas un día antes que los demás.",
        "El tribunal decidió que las páginas solo pueden usar cookies con el consentimiento del usuario.",
        "La publicidad en el periódico costaba entonces doce pesetas, y solo se presentó un comprador.",
    ],
    "pt": [
        "Ela compartilhou a foto no Facebook e no WhatsApp, e à noite mil pessoas já a tinham visto.",
        "“Leia também as letras pequenas”, aconselha o advogado há anos, e quase ninguém o faz.",
        "Quem assina a newsletter da câmara conhece as datas um dia antes dos outros.",
        "O tribunal decidiu que os sites só podem usar cookies com o consentimento do utilizador.",
        "A publicidade no jornal custava então doze escudos, e só apareceu um comprador.",
    ],
    "it": [
        "Ha condiviso la foto su Facebook e su Twitter, e la sera l’avevano vista in mille.",
        "«Leggete anche le clausole in piccolo», consiglia l’avvocato da anni, e quasi nessuno lo fa.",
        "Chi si iscrive alla newsletter del comune conosce le date un giorno prima degli altri.",
        "Il tribunale ha deciso che i siti possono usare i cookie solo con il consenso dell’utente.",
        "La pubblicità sul giornale costava allora dodici lire, e si presentò un solo compratore.",
    ],
    "nl": [
        "Ze deelde de foto op Facebook en Instagram, en ’s avonds hadden duizend mensen hem gezien.",
        "‘Lees ook de kleine lettertjes’, raadt de advocaat al jaren aan, en bijna niemand doet het.",
        "Wie zich inschrijft voor de nieuwsbrief van het stadhuis, kent de data een dag eerder dan de rest.",
        "De rechtbank besliste dat websites alleen met toestemming van de gebruiker cookies mogen plaatsen.",
        "De advertentie in de krant kostte toen twaalf gulden, en er meldde zich één koper.",
    ],
    "pl": [
        "Udostępniła zdjęcie na Facebooku i na Twitterze, a wieczorem widziało je już tysiąc osób.",
        "„Czytajcie też to, co napisano drobnym drukiem”, radzi od lat adwokat, ale mało kto to robi.",
        "Kto zapisze się do newslettera urzędu, pozna terminy dzień wcześniej niż pozostali.",
        "Sąd uznał, że strony mogą używać plików cookie tylko za zgodą użytkownika.",
        "Reklama w gazecie kosztowała wtedy dwanaście złotych, a zgłosił się tylko jeden kupiec.",
    ],
    "ru": [
        "Она поделилась снимком во «ВКонтакте» и в Телеграме, и к вечеру его увидела тысяча человек.",
        "«Читайте также то, что напечатано мелким шрифтом», — советует юрист уже много лет.",
        "Кто подписан на рассылку мэрии, узнаёт даты на день раньше остальных.",
        "Суд решил, что сайты могут использовать файлы cookie только с согласия пользователя.",
        "Реклама в газете стоила тогда двенадцать рублей, и откликнулся только один покупатель.",
    ],
    "uk": [
        "Вона поділилася світлиною у Facebook і в Телеграмі, і до вечора її побачила тисяча людей.",
        "«Читайте також те, що надруковано дрібним шрифтом», — радить юрист уже багато років.",
        "Хто підписаний на розсилку мерії, дізнається дати на день раніше за інших.",
        "Суд вирішив, що сайти можуть використовувати файли cookie лише за згодою користувача.",
        "Реклама в газеті коштувала тоді дванадцять карбованців, і відгукнувся лише один покупець.",
    ],
    "el": [
        "Μοιράστηκε τη φωτογραφία στο Facebook και στο Twitter, και ως το βράδυ την είχαν δει χίλιοι άνθρωποι.",
        "«Διαβάστε επίσης τα ψιλά γράμματα», συμβουλεύει ο δικηγόρος εδώ και χρόνια, και σχεδόν κανείς δεν το κάνει.",
        "Όποιος εγγραφεί στο ενημερωτικό δελτίο του δήμου μαθαίνει τις ημερομηνίες μία μέρα νωρίτερα.",
        "Το δικαστήριο έκρινε ότι οι ιστότοποι χρησιμοποιούν cookies μόνο με τη συγκατάθεση του χρήστη.",
        "Η διαφήμιση στην εφημερίδα κόστιζε τότε δώδεκα δραχμές, και εμφανίστηκε μόνο ένας αγοραστής.",
    ],
    "tr": [
        "Fotoğrafı Facebook’ta ve Instagram’da paylaştı, akşama kadar onu bin kişi görmüştü.",
        "“Küçük harflerle yazılanları da okuyun,” diyor avukat yıllardır, ama bunu yapan pek yok.",
        "Belediyenin e-bültenine abone olanlar, tarihleri diğerlerinden bir gün önce öğreniyor.",
        "Mahkeme, sitelerin çerezleri yalnızca kullanıcının onayıyla kullanabileceğine karar verdi.",
        "Gazetedeki reklam o zaman on iki liraydı ve yalnızca bir alıcı çıktı.",
    ],
    "ar": [
        "شاركت الصورة على فيسبوك وتويتر، وبحلول المساء كان قد رآها ألف شخص في المدينة.",
        "«اقرأوا أيضا ما كتب بالخط الصغير»، هكذا ينصح المحامي منذ سنوات، وقلما يفعل ذلك أحد.",
        "من يشترك في النشرة البريدية للبلدية يعرف المواعيد قبل غيره بيوم واحد.",
        "قضت المحكمة بأن المواقع لا تستخدم ملفات تعريف الارتباط إلا بموافقة المستخدم.",
        "كان الإعلان في الصحيفة يكلف آنذاك اثني عشر دينارا، ولم يتقدم سوى مشتر واحد.",
    ],
    "fa": [
        "او عکس را در فیسبوک و تلگرام به اشتراک گذاشت و تا شب هزار نفر آن را دیده بودند.",
        "وکیل سال‌هاست می‌گوید: «آنچه را با حروف ریز نوشته شده هم بخوانید»، و کمتر کسی چنین می‌کند.",
        "هر کس در خبرنامه شهرداری عضو شود، تاریخ‌ها را یک روز زودتر از دیگران می‌داند.",
        "دادگاه رأی داد که وب‌سایت‌ها تنها با رضایت کاربر می‌توانند از کوکی‌ها استفاده کنند.",
        "تبلیغ در روزنامه آن زمان دوازده تومان هزینه داشت و تنها یک خریدار پیدا شد.",
    ],
    "hi": [
        "उसने तस्वीर फेसबुक और व्हाट्सएप पर शेयर की, और शाम तक उसे एक हजार लोग देख चुके थे।",
        "वकील बरसों से कहते हैं, “छोटे अक्षरों में लिखा हुआ भी पढ़ें”, पर शायद ही कोई ऐसा करता है।",
        "जो लोग नगर निगम के न्यूज़लेटर की सदस्यता लेते हैं, उन्हें तारीखें एक दिन पहले पता चल जाती हैं।",
        "अदालत ने कहा कि वेबसाइटें केवल उपयोगकर्ता की सहमति से ही कुकीज़ का उपयोग कर सकती हैं।",
        "अखबार में विज्ञापन की कीमत तब बारह रुपये थी, और केवल एक खरीदार आया।",
    ],
    "id": [
        "Ia membagikan foto itu di Facebook dan WhatsApp, dan malam itu seribu orang sudah melihatnya.",
        "“Baca juga tulisan yang kecil,” kata pengacara itu sejak lama, tetapi hampir tidak ada yang melakukannya.",
        "Warga yang berlangganan buletin balai kota mengetahui tanggalnya sehari lebih awal daripada yang lain.",
        "Pengadilan memutuskan bahwa situs hanya boleh memakai cookie dengan persetujuan pengguna.",
        "Iklan di koran waktu itu berharga dua belas rupiah, dan hanya satu pembeli yang datang.",
    ],
    "zh": [
        "她把照片分享到微博和微信，到了晚上已经有一千人看过。",
        "“小字也要读一读。”律师多年来一直这样劝人，却很少有人照做。",
        "订阅市政厅通讯的居民，比其他人早一天知道日期。",
        "法院裁定，网站只有在用户同意之后才能使用Cookie。",
        "当时在报纸上登广告要花十二元，结果只来了一个买家。",
    ],
    "ja": [
        "彼女は写真をフェイスブックとツイッターでシェアし、夜までに千人が見ていた。",
        "「小さな字もあわせて読んでください」と弁護士は何年も言い続けているが、読む人は少ない。",
        "市役所のメールマガジンに登録した人は、ほかの人より一日早く日程を知る。",
        "裁判所は、サイトがクッキーを使えるのは利用者の同意がある場合に限るとした。",
        "当時、新聞の広告は十二円で、買い手は一人しか現れなかった。",
    ],
    "ko": [
        "그는 사진을 페이스북과 카카오톡에 공유했고, 저녁까지 천 명이 그것을 보았다.",
        "“작은 글씨도 함께 읽어 보세요.” 변호사는 몇 년째 이렇게 말하지만 그러는 사람은 드물다.",
        "시청 뉴스레터를 구독하는 주민은 다른 사람보다 하루 먼저 날짜를 안다.",
        "법원은 사이트가 이용자의 동의를 받아야만 쿠키를 쓸 수 있다고 판결했다.",
        "당시 신문 광고는 열두 원이었고, 사겠다는 사람은 한 명뿐이었다.",
    ],
    "sv": [
        "Hon delade bilden på Facebook och Instagram, och på kvällen hade tusen personer sett den.",
        "”Läs också det finstilta”, råder advokaten sedan flera år, men nästan ingen gör det.",
        "Den som prenumererar på kommunens nyhetsbrev får veta datumen en dag före alla andra.",
        "Domstolen slog fast att webbplatser får använda kakor bara om användaren har samtyckt.",
        "Annonsen i tidningen kostade då tolv kronor, och det kom bara en enda köpare.",
    ],
    "no": [
        "Hun delte bildet på Facebook og Instagram, og om kvelden hadde tusen mennesker sett det.",
        "«Les også det som står med liten skrift», har advokaten sagt i årevis, men nesten ingen gjør det.",
        "De som abonnerer på nyhetsbrevet fra kommunen, får vite datoene en dag før alle andre.",
        "Retten slo fast at nettsteder bare kan bruke informasjonskapsler når brukeren har samtykket.",
        "Annonsen i avisen kostet den gang tolv kroner, og det meldte seg bare én kjøper.",
    ],
    "da": [
        "Hun delte billedet på Facebook og Instagram, og om aftenen havde tusind mennesker set det.",
        "»Læs også det, der står med småt,« har advokaten sagt i årevis, men næsten ingen gør det.",
        "De, der abonnerer på kommunens nyhedsbrev, kender datoerne en dag før alle andre.",
        "Retten fastslog, at hjemmesider kun må bruge cookies, når brugeren har givet samtykke.",
        "Annoncen i avisen kostede dengang tolv kroner, og der meldte sig kun én køber.",
    ],
    "cs": [
        "Sdílela fotku na Facebooku a na Instagramu a do večera ji vidělo tisíc lidí.",
        "„Čtěte také to, co je psáno drobným písmem,“ radí advokát už léta, ale málokdo to dělá.",
        "Kdo odebírá newsletter radnice, zná termíny o den dříve než ostatní.",
        "Soud rozhodl, že weby smějí používat soubory cookie jen se souhlasem uživatele.",
        "Reklama v novinách tehdy stála dvanáct korun a přihlásil se jediný kupec.",
    ],
    "ro": [
        "A distribuit fotografia pe Facebook și pe Instagram, iar până seara o văzuseră o mie de oameni.",
        "„Citiți și ce scrie cu litere mici”, sfătuiește avocatul de ani de zile, și aproape nimeni nu o face.",
        "Cine se abonează la newsletterul primăriei află datele cu o zi înaintea celorlalți.",
        "Tribunalul a decis că site-urile pot folosi cookie-uri numai cu acordul utilizatorului.",
        "Reclama din ziar costa atunci doisprezece lei și s-a prezentat un singur cumpărător.",
    ],
    "hu": [
        "Megosztotta a képet a Facebookon és az Instagramon, és estig ezer ember látta.",
        "„Olvassák el az apró betűs részt is”, tanácsolja évek óta az ügyvéd, de alig teszi meg valaki.",
        "Aki feliratkozik a városháza hírlevelére, egy nappal a többiek előtt tudja meg az időpontokat.",
        "A bíróság kimondta, hogy az oldalak csak a felhasználó hozzájárulásával használhatnak sütiket.",
        "A hirdetés az újságban akkor tizenkét forintba került, és egyetlen vevő jelentkezett.",
    ],
    "vi": [
        "Cô chia sẻ bức ảnh trên Facebook và Zalo, đến tối đã có một nghìn người xem.",
        "“Hãy đọc cả những dòng chữ nhỏ,” luật sư khuyên như thế từ nhiều năm nay, nhưng ít ai làm theo.",
        "Ai đăng ký nhận bản tin của tòa thị chính sẽ biết lịch sớm hơn những người khác một ngày.",
        "Tòa án phán quyết rằng các trang web chỉ được dùng cookie khi người dùng đồng ý.",
        "Quảng cáo trên báo khi ấy giá mười hai đồng, và chỉ có một người mua tìm đến.",
    ],
}


@pytest.mark.parametrize("language", ABOUT)
def test_an_article_about_what_the_rules_take_survives(language: str) -> None:
    above, below = ARTICLE.split("\n\n")
    texts = ["\n\n".join(ABOUT[language])]
    for line in ABOUT[language]:
        texts += [f"{above}\n\n{line}\n\n{below}", f"{ARTICLE}\n\n{line}", f"{line}\n\n{ARTICLE}"]
    assert [text for text in texts for cut in (None, "cautious") if left(text, cut) != text] == []


def test_no_language_is_left_out() -> None:
    assert [language for language in LANGUAGES if language not in ABOUT] == []
