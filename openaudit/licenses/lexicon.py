"""Words that turn the meaning of a license, and what makes a sentence outside a license speak of permission."""

import re
from collections.abc import Sequence
from typing import Final

_NEGATIONS: Final = frozenset(
    "not no never neither nor none cannot without except excepting excluding exclude excludes excluded unless only"
    " solely exclusively non un nothing nobody cant dont wont shant mustnt neednt but instead however".split()
)
_MODALS: Final = frozenset(
    "may must shall can should will need needs required require requires requiring obliged obligated mandatory agree"
    " agrees agreed ought".split()
)
_PROHIBITIONS: Final = frozenset(
    "prohibited prohibit prohibits prohibition prohibitions forbidden forbid forbids restricted restrict restricts restriction"
    " restrictions disallowed disallow banned ban barred illegal unlawful revoke revoked revocable terminate terminates terminated"
    " denied deny refused withheld limited limits limit subject".split()
)
_USES: Final = frozenset(
    "use used uses using usage copy copied copies copying modify modified modifies modifying modification modifications distribute"
    " distributed distributes distributing distribution redistribute redistributed redistributing redistribution sell sold selling"
    " sale sublicense sublicensed publish published reproduce reproduced reproduction deploy deployed deploying deployment train"
    " trained training exploit exploited exploitation host hosted hosting operate operated merge share shared sharing integrate"
    " integrated incorporate incorporated embed embedded resell resold commercialize commercialise access display perform adapt"
    " disclose disclosed fork benchmark distill distil distillation improve".split()
)
_THINGS: Final = frozenset(
    "software model models weights license licensed licenses licensee licensees materials material work works code program"
    " programs data dataset datasets output outputs derivative derivatives derived rights right permission permissions product"
    " products service services grant grants granted copies package checkpoint checkpoints agreement applications application"
    " library authorization consent".split()
)
_MONEY: Final = frozenset(
    "fee fees royalty royalties payment payments pay paid paying subscription price priced charge charges compensation revenue"
    " donate invoice $ usd eur dollars euros".split()
)
_FIELDS: Final = frozenset(
    "noncommercial commercial commercially noncommercially academic evaluation personal educational military weapon weapons"
    " surveillance gambling tobacco ethical ethics ethically unethical evil harm harmful harming nuclear warfare pornographic"
    " adult police law-enforcement biometric genocide torture abortion alcohol arms defense drones government governments"
    " animal monetize monetized monetization fossil proprietary confidential mining cryptocurrency blockchain"
    " competitor competitors competing compete production nonproduction".split()
)
_PLACES: Final = frozenset(
    "territory territories country countries jurisdiction jurisdictions union europe european eu eea us usa uk china chinese"
    " russia russian india iran korea korean japan israel ukraine belarus cuba syria crimea states kingdom brazil canada australia"
    " germany france africa asia california residents resident citizens citizen nationals domiciled located".split()
)
_PARTIES: Final = frozenset(
    "licensor licensors licensee licensees you your contributor contributors recipient recipients author authors holder holders"
    " individual individuals entity entities organization organizations corporation corporations company companies persons person"
    " user users affiliates employees students universities anyone everyone".split()
)
_GRANTS: Final = frozenset(
    "permission permissions permitted permits permit allowed allows allow granted grant grants granting hereby authorized authorize"
    " authorizes free freely entitled irrevocable perpetual worldwide exclusive nonexclusive transferable sublicensable waive"
    " waives waived obtain prior written consent approval approved notify notice disclaim disclaims warranty warranties liable"
    " liability indemnify patent patents trademark trademarks".split()
)
_NUMBERS: Final = frozenset(
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety hundred"
    " hundreds thousand thousands million millions billion billions half double twice percent % monthly annual annually yearly daily"
    " weekly month months year years day days week weeks hour hours".split()
)
_JOINERS: Final = frozenset("and or if when where provided either both all any every each some most".split())

_BEARING: Final = (
    _NEGATIONS
    | _PROHIBITIONS
    | _MONEY
    | _FIELDS
    | _USES
    | _GRANTS
    | _NUMBERS
    | _MODALS
    | frozenset(["$", "u20ac"])
)
_NEUTRAL_CAREFUL: Final = _BEARING | _PLACES | _PARTIES | _THINGS | _JOINERS

_NAMES_ALLOW: Final = frozenset(
    "license licensed one two three four five six seven eight nine ten us uk states kingdom".split()
)
_NAME_BARS: Final = (
    _NEGATIONS | _PROHIBITIONS | _MONEY | (_FIELDS - frozenset("defense government law-enforcement".split()))
    | frozenset(
        "may must shall can should will required require requires agree use used uses using copied copying modify modified"
        " redistribute redistributed redistribution sell sold permission permitted permits granted grants hereby allowed"
        " authorized prior consent million billion percent % user users licensee licensees recipient recipients you your".split()
    )
) - frozenset("but limited".split())  # fmt: skip


def bears(word: str) -> bool:
    """Whether a word may not hide where a template leaves room for a name."""
    return word in _NAME_BARS


def attaches(word: str) -> bool:
    """Whether a word in the last sentence of a license, behind its end, may turn it ("... except in Europe")."""
    return word != "$" and (word in _NAME_BARS or word in _PLACES or word in _FIELDS)


_VARIES: Final = _JOINERS - {"or", "if", "where", "when", "provided", "either"} | frozenset(
    "author authors holder holders contributor contributors organization organizations company companies corporation software materials"
    " material work works code program programs data library package product products copies".split()
)


def turns_anyhow(words: Sequence[str]) -> bool:
    """Whether a difference of these words may turn the meaning: negation, number, party, place, right, duty. For
    a difference that reviewers saw in copies of one license: how it calls its parties and its subject may vary."""
    return any(word not in _VARIES and (word in _NEUTRAL_CAREFUL or word[0].isdigit()) for word in words)


_TELLING: Final = (
    _NEGATIONS - {"but", "instead", "however", "non", "un"}
    | _PROHIBITIONS - {"limited", "limits", "limit", "subject"}
    | _MONEY
    | frozenset(
        "must shall required requires obliged mandatory agree agrees agreed terminate revoked".split()
    )
)
NEARBY: Final = 120
"""Up to so many unexplained words a text counts as a license file, beyond it as prose around a license."""

_STRONG: Final = re.compile(
    r"\b(?:non commercial|noncommercial|for profit|commercial (?:use|uses|purposes?|applications?|products?|services?|exploitation"
    r"|advantage|entit\w+|organizations?|activit\w+|settings?|deployment|basis|gain)|commercially"
    r"|(?:research|academic|evaluation|educational|personal|internal|private|scientific|testing|study)"
    r"(?: and \w+| or \w+)* (?:use|purposes?) only|only (?:be used )?(?:for|by|in|to)|solely (?:for|by)|exclusively (?:for|by)"
    r"|not (?:be )?(?:permitted|allowed|authorized|licensed|granted|available for|extend|intended for commercial|apply to)"
    r"|(?:prohibited|forbidden|disallowed|banned|proprietary|confidential)"
    r"|written (?:permission|consent|approval|authorization|agreement)|prior (?:permission|consent|approval|authorization)"
    r"|(?:fees?|royalt\w+|payments?|paid|subscription) |human rights|do no harm|for evil|not evil"
    r"|monthly active|active users|annual revenue|in revenue|revenue of"
    r"|(?:may|must|shall) not|cannot|must never|shall never|may never|no (?:one|person|right|rights|part"
    r"|license|use|other use|permission)|not for|except (?:for|in|by|where|when|to|that)|unless|excluding)\b"
)
_TELLING_FIELDS: Final = _FIELDS - {
    "evaluation",
    "production",
    "personal",
    "academic",
    "educational",
    "government",
    "police",
    "adult",
}
_WEAK: Final = re.compile(r"\b(?:can|should|will|does|do|are|is) not\b")
_CHINESE: Final = re.compile(
    "不得|禁止|仅限|仅供|仅可|只能|只可|非商业|商业用途|商业使用|商用|未经|须经|必须|应当|书面许可|书面同意|授权|费用|付费|军事|许可的权利"
    "|禁じ|してはならない|非営利|商用利用|금지|비상업"
)


# Which files a license covers, and that others are under their own: says nothing of what one may do.
_SCOPE: Final = re.compile(
    r"\b(?:files?|director(?:y|ies)|folders?|third part(?:y|ies)|portions|librar(?:y|ies)|otherwise (?:stated|noted|specified|indicated)"
    r"|(?:noted|listed|specified) below|parts of)\b"
)
_BEYOND_SCOPE: Final = re.compile(
    r"\b(?:commercial\w*|noncommercial|research|academic|fees?|royalt\w+|payments?|military|proprietary|confidential|prohibited|forbidden"
    r"|(?:may|must|shall|can|should|will) (?:not|only)|cannot|only (?:be )?(?:used|for|by)|not (?:permitted|allowed|granted|authorized)"
    r"|permission|consent|surveillance|weapons?|gambling|ethic\w*|users|revenue)\b"
)


def speaks_of_permission(words: Sequence[str], *, near: int) -> bool:
    """Whether a sentence that belongs to no license text grants, restricts or asks for something.

    `near` is how many words of unrelated text there are around it: in a page of prose, a bare duty or
    permission ("you must install ...") is not taken for a term.
    """
    if len(words) < 3:
        return False
    present = set(words)
    sentence = " ".join(words)
    if not sentence.isascii() and _CHINESE.search(sentence.replace(" ", "")):
        return True
    if _SCOPE.search(sentence) and not _BEYOND_SCOPE.search(sentence):
        return False
    about = present & _USES or present & _THINGS
    if not about and not present & (_FIELDS - {"evaluation", "personal", "production", "academic"}):
        return bool(present & _PLACES and present & _NEGATIONS and present & _PARTIES)
    if _STRONG.search(sentence + " "):
        return _aimed(present)
    if present & _TELLING_FIELDS and present & (_NEGATIONS | _PROHIBITIONS | _MODALS) and about:
        return True
    if present & _PLACES and present & (_NEGATIONS | _PROHIBITIONS) and present & (_PARTIES | _THINGS):
        return True
    if near > NEARBY:
        return False
    if _WEAK.search(sentence) and _aimed(present):
        return True
    if present & _TELLING and about:
        return True
    granting = present & {"permission", "granted", "grants", "hereby", "permitted", "allowed", "entitled"}
    return bool(granting and present & _USES)


def limits(words: Sequence[str]) -> bool:
    """Whether a sentence that names a license goes on to limit what one may do."""
    return _BEYOND_SCOPE.search(" ".join(words)) is not None


def _aimed(present: set[str]) -> bool:
    """Whether what is said so strongly is said of use, of the licensed thing, or of who may have it."""
    return bool(
        present & _USES
        or (present & _THINGS and present & (_PARTIES | _PLACES | _MONEY | _FIELDS | _PROHIBITIONS))
    )
