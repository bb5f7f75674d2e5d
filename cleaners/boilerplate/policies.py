"""The names of policies of sites: what is a notice elsewhere is the text of these."""

import regex

# The names of policies of sites, perhaps with the site's: "Privacy policy of the Gazette".
_POLICY = regex.compile(
    r"(?:(?:our|the) )?(?:(?:privacy|cookies?|privacy (?:and|&) cookies?|comments?|commenting) (?:policy|notice|statement)"
    r"|legal notice|imprint|terms of (?:use|service)|terms (?:and|&) conditions(?: of (?:use|service))?"
    r"|(?:community|comment) guidelines|datenschutz(?:erklärung|hinweise|bestimmungen)?|cookie-(?:richtlinie|hinweise)"
    r"|impressum|nutzungsbedingungen|agb|allgemeine geschäftsbedingungen|politique de (?:confidentialité|cookies)"
    r"|mentions légales|conditions (?:générales )?d['’]utilisation|política de (?:privacidade?|cookies)"
    r"|aviso (?:legal|de privacidad)|términos (?:y condiciones|de uso)|termos (?:e condições|de uso)"
    r"|informativa (?:sulla )?privacy|(?:privacy|cookie) policy|note legali|termini e condizioni|condizioni d['’]uso"
    r"|privacy(?:verklaring|beleid)|cookie(?:verklaring|beleid)|algemene voorwaarden|polityka (?:prywatności|cookies)"
    r"|regulamin(?: serwisu)?|политика (?:конфиденциальности|cookies?)|пользовательское соглашение"
    r"|правила (?:пользования|использования) сайт(?:а|ом)|політика конфіденційності|угода користувача|gizlilik politikası"
    r"|çerez politikası|kullanım (?:koşulları|şartları)|aydınlatma metni|zásady ochrany osobních údajů"
    r"|ochrana osobních údajů|podmínky užití|ochrana osobných údajov|adat(?:védelmi|kezelési) tájékoztató"
    r"|politica de (?:confidențialitate|cookies)|termeni și condiții|πολιτική (?:απορρήτου|cookies)|όροι χρήσης"
    r"|integritetspolicy|användarvillkor|cookiepolicy|personvern(?:erklæring)?|brukervilkår|privatlivspolitik|cookiepolitik"
    r"|tietosuojaseloste|käyttöehdot|kebijakan privasi|syarat dan ketentuan|chính sách bảo mật|điều khoản sử dụng"
    r"|سياسة الخصوصية|شروط الاستخدام|سیاست حفظ حریم خصوصی|מדיניות (?:ה?פרטיות)|תנאי שימוש|गोपनीयता नीति|उपयोग की शर्तें"
    r"|นโยบายความเป็นส่วนตัว|隐私(?:政策|声明)|隱私權?政策|用户协议|服务条款|服務條款|プライバシー\s?ポリシー|個人情報保護方針|利用規約|개인정보\s?처리방침|이용약관"
    r")(?: (?:of|for|on|de[rs]?|du|von|für|di|del|della|van|voor|на|сайта) .{1,60})?",
    regex.I,
)
_PARTS = regex.compile(r"\s[|–—·-]\s")  # "Privacy policy | The Gazette"


def names_policy(line: str) -> bool:
    """Whether a title or a first line names a policy, perhaps with the name of the site: "Privacy policy | The Gazette"."""
    return _POLICY.fullmatch(_PARTS.split(line, maxsplit=1)[0].strip()) is not None
