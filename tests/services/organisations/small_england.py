"""Two boards, two networks and three practices, as files of ODS."""

from tests.support.files_of_ods import (
    MAPPING_HEADER,
    PATIENTS_HEADER,
    csv_file,
    mapping,
    member,
    patients,
    pcn,
    practice,
    workbook,
)

PRACTICES = [practice("A99001"), practice("A99002"), practice("A99003", "98B")]
PCNS = [pcn("U99001"), pcn("U99002")]
MEMBERS = [
    member("A99001", "U99001", end="20220331"),
    member("A99001", "U99002", "20220401"),
    member("A99002", "U99002"),
    member("A99003", "U99002", sub_icb="98B"),
]
FILES = {
    "epraccur.csv": csv_file(PRACTICES),
    "ePCN.xlsx": workbook(PCNS, MEMBERS),
    "mapping.csv": csv_file([mapping("98A", "QQ1"), mapping("98B", "QQ2")], MAPPING_HEADER),
    "lists.csv": csv_file([patients("A99001", 12000), patients("A99002", 8000)], PATIENTS_HEADER),
}
