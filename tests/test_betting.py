"""Betting: promotions go, journalism about betting stays.  All lines are made up for this test."""

import pytest

from cleaners import boilerplate, rules
from cleaners.document import Document
from cleaners.edits import apply

ABOVE = "The council voted nine to four on Tuesday night to keep the branch library open until the end of the year, after three hours of debate."
BELOW = "The budget now goes to the county, which has until the first of March to object; nobody in the chamber expected that it would."

JOURNALISM = """
    Flutter, which owns Paddy Power and FanDuel, reported a rise in revenue of nine per cent and raised its forecast for the year.
    Shares in DraftKings fell by a tenth after the company said that promotions and free bets had cost it more than it had planned.
    Bookmakers make Arsenal favourites at 4/6, with the draw at 3/1 and Chelsea the outsiders at 7/2.
    Redknapp remains the odds-on favourite to clinch the job, priced at 5/6 with Paddy Power, with Hughes at 5/2 with Ladbrokes.
    With Bet365 offering 16/1 on a home win, few in the ground expected what came next.
    Odds of 2.10 mean that a stake of ten pounds returns twenty-one, including the stake.
    American odds are written with a plus or a minus: at -110 you bet $110 to win $100.
    To bet £10 and win £30 you need odds of 3/1, which is what the table in the next section works out.
    A free bet is not free money: the stake is kept by the bookmaker, so a £10 free bet at evens returns £10.
    The welcome bonus is the hook, the wagering requirement is the line, and few players ever swim away with a profit.
    New customers who sign up are offered a bonus, and a third of them close the account within a month, the study found.
    Lawmakers want to ban bonus codes and free bets, saying that they draw children to online casinos.
    The Gambling Commission fined the operator of three online casinos £6m for failing to check where customers' money came from.
    A former goalkeeper was banned for eight months for placing bets on matches of his own league through Betway and Betfair.
    Police in three provinces arrested forty people suspected of fixing matches for an online betting ring.
    If you are worried about your gambling, talk to your doctor or call the national helpline.
    Gambling addiction has doubled among men under thirty since sports betting became legal, a psychiatrist at the hospital said.
    Sponsorship by betting firms will disappear from the front of shirts in 2026, but not from the sleeves.
    The winning numbers in Saturday's lottery were 4, 11, 19, 23, 38 and 42, and the jackpot rolls over to £12m.
    Nobody won the jackpot of $310 million on Friday, so tonight's draw is worth an estimated $345 million.
    The casino burned down in the winter of 1911, and with it the only piano in the province.
    He pushed his last chips across the table. “Bet now, monsieur, or leave,” said the croupier.
    “Play now, pay later” was the motto of the house, and half the town had paid.
    She had come to the casino at Monte Carlo to win back the house, and by midnight she owned half of the street.
    Bankers at the firm will share a bonus pool of $1.2 billion, the largest since the crisis.
    Every nurse will get a one-off bonus of £1,500, and the union wants the same for porters.
    Tickets are £12 with the promo code MATINEE at the theatre's own box office; the musical about a poker school runs until May.
    Readers can use the promo code at the exhibition's till until Sunday.
    Casino Royale is the best Bond in years, and Eva Green its best bet.
    The best betting shop in Leeds is now a bakery.
    Betting shops in the town have halved in ten years
    Betting tax to rise in autumn budget
    Stake in Ladbrokes sold for £300m
    How online casinos made Malta rich
    Best casinos in Macau report a record month
    Why free bets cost so much
    The odds are stacked against the tenants, their lawyer admits.
    Home advantage was worth 0.4 goals, away form counted for little, and a draw was the commonest result.
    Slots at the airport are worth more than the aircraft that use them.
    Poker night at the parish hall raised £640 for the roof.
    Prediction markets pay out on elections; critics call them casinos, and their owners call them research.
    Kick was founded by the owners of Stake.com, an online casino, and some sponsors keep away from it for that reason.
    The bookies have no odds on the baby's name, but a London shop offers 5/1 that it is a girl.
    The government of Ecuador will tax online betting platforms such as Betano at fifteen per cent from July.
    Betano has sponsored the league since 2021, and its name stays in that of the competition for three more seasons.
    Regular promo codes and special offers bring the price of a rental car down.
    The best bet for a quiet beach is the north of the island.
    Get free bets out of football, doctors urge
    Claim that free bets harm the young is rejected by the industry
    New betting sites in Kenya must pay twice the fee
    Top online gambling sites raided in Manila
    Odds from the start were long, and they grew longer
    The odds of promotion are subject to change after every match.
    Casino bonus codes: what you get, and what you lose
    The trouble with casino bonus codes
    Fan wins £500 in free bets and gives them back
    Sports betting is one of the most popular pastimes in the country …
    “Get £30 in free bets, they told me, and I lost the shop,” he said.
    Bet365 reported revenue of £3.4bn last year, up 21 per cent.
    The regulator fined William Hill £19.2m for failures to protect gamblers.
    DraftKings shares fell 12% after the company cut its forecast.
    "I lost everything to online casinos," said the 34-year-old father of two.
    Odds of a recession have risen to one in three, economists say.
    The bookmakers make Arsenal favourites at 6-4 to win the title.
    Police raided an illegal casino in Manila and arrested 40 people.
    Nigeria's lottery commission said 1xBet must register by June.
    Sign-up bonuses and free bets should be banned, the committee said in its report.
    The promo code scandal led to the resignation of the FanDuel executive.
    A gambling problem is a disease, says Dr Helen Moore of the clinic.
    She placed a $10 bet on the horse and won $4,000.
    Kansas legalised sports betting in 2022.
    Betting on elections is illegal in the United States.
    He urged players to bet responsibly.
    The jackpot of Ksh 15 million was won by a taxi driver from Kisumu.
    Betika said it would sponsor the Kenyan Premier League for three years.
    Casino Royale was the first Bond film with Daniel Craig.
    "Bet now, pay later" was how one MP described the scheme.
    The welcome bonus of 200 euros lured many new customers, the court heard.
    Free spins cost Tom his house.
    Sports betting in Africa: a growing problem
""".strip().splitlines()

PROMOTIONS = """
    Unlock the Betano Ecuador Welcome Bonus with Bonus Code BonoEC
    Betano Ecuador is one of the top platforms for online sports betting and casino gaming …
    Claim your Betway welcome bonus today with promo code WAYPLUS
    Caesars Sportsbook promo code SOUTH1000: Bet $1, double your winnings
    FanDuel Promo Code for Monday Night: Bet $5, Get $200 in Bonus Bets
    Melbet promo code 2025
    Bet £10 Get £30 in Free Bets
    Get £40 in free bets when you bet £10 on the Grand National
    £20 free bet! Bet now.
    Get 100% up to $500 + 150 Free Spins on your first deposit
    Claim 50 free spins with no deposit bonus today
    New customers who sign up with our link get a 100% deposit bonus of up to €300 for the casino. 18+. T&Cs apply.
    18+ | BeGambleAware.org | T&Cs apply
    18+. Please gamble responsibly. New customers only.
    Gambling Problem? Call 1-800-GAMBLER. 21+ only.
    Bet now
    Claim Bonus
    Home 2.10 Draw 3.25 Away 3.40
    United 1.85 | Draw 3.60 | City 4.20
    Odds courtesy of FanDuel Sportsbook
    All odds are correct at the time of publication and subject to change.
    10 Best Online Casinos in Ireland
    Best Crypto Casinos for 2025
    Best betting sites not on GamStop
    Play online casino games and win real money today!
    Sky Bet | Sky Poker | Sky Bet Vegas | Free Bets
    Bet on this match with the best odds at 1xBet and get a 200% bonus on your first deposit.
    Register with 1xBet using promo code NEWS200 and get a bonus of up to ₦300,000!
    Get 300% welcome bonus on your first deposit at 22Bet. Sign up now!
    >>> CLICK HERE TO BET NOW <<<
    Join Betway today and claim your free bet up to $50
    Bet9ja Promotion Code 2024: Use YOHAIG for 170% bonus
    Place your bets on SportyBet now
    Use code TIMES when you sign up at Parimatch and receive a 150% bonus up to ₹20,000
    Bet responsibly. 18+. Terms and conditions apply.
    18+ | Play Responsibly | T&Cs Apply | BeGambleAware.org
    New customers only. Min deposit £10. Free bets expire in 7 days. 18+ BeGambleAware.org
    If you or someone you know has a gambling problem, call 1-800-GAMBLER.
    Must be 21+. Gambling problem? Call 1-800-GAMBLER.
    Today's sure odds: get 100% accurate predictions on our Telegram channel
    JOIN OUR TELEGRAM CHANNEL FOR FREE DAILY 5 ODDS
    Download the Melbet app and get a 100% first deposit bonus
    Play Aviator at Pin-Up Casino and win up to x100 your stake!
    Best online casinos in Canada 2024: top 10 real money casino sites
    Get 50 free spins no deposit at Hollywoodbets
    Claim R25 sign up bonus + 50 free spins at Hollywoodbets
    BetMGM bonus code SI1500: Bet $10, get $1,500 in bonus bets
    DraftKings promo code: Bet $5, get $200 in bonus bets instantly
    FanDuel Promo Code: Get $150 in Bonus Bets if your first $5 bet wins
    Caesars Sportsbook promo code CLEV81000 unlocks $1,000 first bet
    Odds courtesy of BetMGM Sportsbook. Odds subject to change.
    Odds provided by DraftKings. Check the latest odds before placing bets.
    Gannett may earn revenue from sports betting operators for audience referrals to betting services.
    We may receive commission if you sign up through our links. Gamble responsibly.
    Bet now on the Premier League with Betika - Jackpot Ksh 15,000,000
    Get your free Ksh 50 bet on Odibets, dial *290#
    SIGN UP FOR BETLION AND GET A FREE BET OF KSH 30
    Click here to register and get a welcome bonus of 200% up to 150 USD
    Make money with football predictions - visit Betensured.com
    Deposit 100, get 100 at Mostbet
    Visit Stake.com and use code PUNCH for a $1,000 deposit bonus
    The best crypto casino with instant withdrawals - Play now!
    Slot gacor hari ini - daftar situs slot online terpercaya
    Situs judi slot online gacor terpercaya 2024
    Join the winning team at Bet365: get up to £100 in Bet Credits*
    Casino ohne Lizenz: Jetzt 500 Euro Bonus sichern
    Jetzt bei Bwin anmelden und 100 Euro Joker-Wette sichern
    Apuesta ahora en Codere y llévate un bono de bienvenida de 200 euros
    Pariez sur ce match avec Winamax et recevez 100 euros de bonus
    Aposte agora na Betano e ganhe até R$ 500 de bônus
    Scommetti ora su Snai: bonus di benvenuto fino a 300 euro
    Hemen bahis yap, %100 hoşgeldin bonusu kazan
""".strip().splitlines()


def left(text: str) -> str:
    """What the boilerplate step leaves, in as many rounds as it takes."""
    while True:
        text, changes = apply(text, boilerplate.clean(Document("case", text), rules.load()))
        if not changes:
            return text


@pytest.mark.parametrize("line", list(map(str.strip, JOURNALISM)))
def test_journalism_about_betting_stays(line: str) -> None:
    for text in (line, f"{ABOVE}\n\n{line}\n\n{BELOW}", f"{line}\n\n{ABOVE}\n\n{BELOW}", f"{ABOVE}\n\n{BELOW}\n\n{line}"):
        assert left(text) == text


@pytest.mark.parametrize("line", list(map(str.strip, PROMOTIONS)))
def test_promotions_go(line: str) -> None:
    assert left(f"{ABOVE}\n{line}\n{BELOW}") == f"{ABOVE}\n{BELOW}"
    assert left(f"{ABOVE}\n{BELOW}\n{line}") == f"{ABOVE}\n{BELOW}\n"


def test_journalism_stays_next_to_promotions() -> None:
    """Words that are boilerplate next to a promotion do not take sentences with them."""
    article = "Coral and William Hill closed forty shops.\n\nThe odds of a sale by Christmas are good."
    assert left(f"Bet now\n\n{article}\n\n18+ | BeGambleAware.org | T&Cs apply\nCoral\nWilliam Hill\n+150").strip() == article


def test_an_operator_alone_is_no_promotion() -> None:
    for name in ("Betano", "bet365", "Paddy Power", "Stake", "Caesars"):
        assert left(f"{ABOVE}\n{name}\n{BELOW}") == f"{ABOVE}\n{name}\n{BELOW}"
