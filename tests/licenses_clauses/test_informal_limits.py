"""Limits put informally, in our own words: whatever the rules make of them, the text is not open."""

from __future__ import annotations

import pytest

from openaudit.licenses.clauses import load_clause_rules, read_clauses
from openaudit.vocabulary import Grant
from tests.licenses_clauses.test_readings import FREE, FREE_ZH

LIMITS = (
    "Usage by for-profit companies is excluded.",
    "Corporations with a market value over ten billion dollars are not covered by this grant.",
    "This grant is reserved for students and hobbyists.",
    "Companies headquartered in France get no rights.",
    "The weights are made available to academic users.",
    "You can do anything with it except build weapons.",
    "Anyone except competitors may use it.",
    "Weapons makers are unwelcome and receive no license.",
    "Use by law enforcement is excluded from the license.",
    "Commercial users need to talk to us first.",
    "Businesses must buy a license.",
    "Any for-profit use needs our written blessing.",
    "Derivatives have to be approved by us before release.",
    "Modified versions stay private.",
    "Please do not redistribute.",
    "Keep it to yourself.",
    "Redistribution is reserved to the licensor.",
    "Free for startups with fewer than 50 employees.",
    "If you earn money with it, share 5% with us.",
    "Models trained on outputs inherit these limits.",
    "Outputs belong to us.",
    "Do not train on the outputs.",
    "It is forbidden to employ the weights in clinical settings.",
    "Deploying this in Chinese territory is off limits.",
    "Users in Iran are excluded.",
    "We reserve the right to revoke this license whenever we like.",
    "This license expires after one year.",
    "Permission lasts until 31 December 2027.",
    "Only non-profit organisations qualify.",
    "Hobby use is fine; ask for everything else.",
    "You promise to use it ethically.",
    "By using it you consent to telemetry.",
    "The weights shall be used for Good, not Evil.",
    "Non-commercial.",
    "For evaluation.",
    "Academic use only",
    "NOT FOR COMMERCIAL USE",
    "no commercial usage",
    "Must not be used in products that compete with Foo",
    "Names of derived models have to start with Foo.",
    "You agree to our Terms of Service.",
    "Use in production needs a subscription.",
    "Subject to the Foo Usage Guidelines.",
    "禁止任何形式的商业行为",
    "仅限中国大陆境内使用",
    "商用请联系作者",
    "衍生模型名称须以Foo开头",
    "未经许可不得转载",
    "仅供学习交流",
    "军工企业禁用",
    "年营收超过一千万元的公司请另行购买授权",
    "如需商业授权，请发送邮件申请",
    "Enterprises pay.",
    "Licensees outside academia write to us.",
    "Revenue is shared with the authors.",
    "The licensor keeps the exclusive right to sell copies.",
    "Users over the limit of ten thousand requests per day upgrade to a plan.",
    "Weapons, surveillance and gambling are no-go areas.",
    "We trust you to stay away from medical uses.",
    "This version is a preview for partners.",
    "Ownership of generated content stays with Foo Inc.",
    "Downstream models carry our brand.",
    "EU residents are outside the scope of this grant.",
    "Your rights end when we say so.",
    "Uses listed in Annex B are unwelcome.",
    "Sales of derived models go through our marketplace.",
    "Bitte nicht kommerziell nutzen.",
    "Usage commerciale interdite.",
    "Uso comercial prohibido sin permiso.",
    "企业用户请付费",
    "不欢迎军方使用",
    "仅学术",
)


@pytest.mark.parametrize("limit", LIMITS)
def test_an_informal_limit_keeps_a_text_from_being_open(limit: str) -> None:
    for free in (FREE, FREE_ZH):
        for text in (f"{free}\n{limit}\n", f"{free}{limit}\n", f"{limit}\n\n{free}", f"{free}\n- {limit}\n"):
            assert read_clauses(text, load_clause_rules()).grant is not Grant.OPEN
