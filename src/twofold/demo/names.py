"""Names for people who do not exist."""

import unicodedata
from collections.abc import Iterator
from random import Random

FIRST = (
    "Aisha", "Alba", "Amara", "Anders", "Aneta", "Anton", "Arjun", "Asha", "Astrid", "Ayumi",
    "Beatriz", "Bilal", "Bogdan", "Brigid", "Camille", "Carlos", "Chiara", "Chidi", "Dalia",
    "Dariusz", "David", "Dilan", "Dmitri", "Eilidh", "Ekaterina", "Elena", "Emeka", "Emil",
    "Esra", "Fatima", "Felix", "Femi", "Finn", "Florence", "Freya", "Gabriel", "Giulia",
    "Goran", "Grace", "Hana", "Hassan", "Heidi", "Henrik", "Hugo", "Ibrahim", "Ines", "Ingrid",
    "Isabel", "Ivan", "Jakub", "Jamal", "Joana", "Jonas", "Jun", "Kaja", "Karim", "Katja",
    "Kenji", "Kofi", "Lars", "Laura", "Leila", "Lena", "Levi", "Linh", "Lorenzo", "Lucia",
    "Luka", "Maja", "Malik", "Marek", "Maria", "Mateo", "Maud", "Mehmet", "Mei", "Mila",
    "Milan", "Mohammed", "Nadia", "Naomi", "Nikhil", "Nils", "Nora", "Oluwaseun", "Omar",
    "Oskar", "Owen", "Paula", "Pavel", "Pia", "Priya", "Rafael", "Ravi", "Renata", "Rosa",
    "Ruth", "Sami", "Sanne", "Selin", "Siobhan", "Sofia", "Stefan", "Sunita", "Tariq", "Tereza",
    "Thea", "Thomas", "Tomás", "Ulla", "Uma", "Valeria", "Viktor", "Wanjiru", "Wei", "Willem",
    "Yara", "Yasmin", "Yuki", "Zeynep", "Zoë", "Zuzana",
)  # fmt: skip
LAST = (
    "Abara", "Adeyemi", "Ahmed", "Alvarez", "Andersen", "Aydın", "Bakker", "Banerjee",
    "Barbieri", "Becker", "Berg", "Bianchi", "Boateng", "Brandt", "Byrne", "Campbell", "Castro",
    "Chen", "Costa", "Dahl", "Demir", "Diallo", "Dubois", "Dvořák", "Eriksen", "Evans",
    "Fernández", "Fischer", "Fontaine", "Fraser", "Gallagher", "García", "Gruber", "Gupta",
    "Haddad", "Hansen", "Hartmann", "Hassan", "Hoffmann", "Horvat", "Ibsen", "Ito", "Ivanova",
    "Jansen", "Jensen", "Jovanović", "Kamau", "Kaya", "Keller", "Khalil", "Kim", "Kovács",
    "Kowalska", "Kumar", "Lambert", "Larsen", "Lehmann", "Lind", "Lopez", "Lund", "MacDonald",
    "Marino", "Martin", "Mbeki", "Mendes", "Meyer", "Moreau", "Morgan", "Müller", "Nakamura",
    "Ndiaye", "Nguyen", "Nielsen", "Novák", "O’Brien", "Okafor", "Olsen", "Osei", "Öztürk",
    "Park", "Patel", "Pereira", "Petrov", "Popescu", "Quinn", "Rahman", "Reyes", "Ricci",
    "Romano", "Rossi", "Roy", "Sato", "Schmidt", "Schneider", "Sharma", "Silva", "Singh",
    "Sørensen", "Sousa", "Stewart", "Suzuki", "Svensson", "Tanaka", "Torres", "Tóth", "Tran",
    "Usman", "Vogel", "Wagner", "Walker", "Walsh", "Weber", "Wong", "Yamamoto", "Yılmaz",
    "Young", "Zhang", "Zimmermann",
)  # fmt: skip
_PLAIN = str.maketrans({"ø": "o", "ı": "i", "’": "", "ł": "l", "ß": "ss"})
DOMAIN = "harbour.example"


def people(chance: Random) -> Iterator[tuple[str, str]]:
    """Name and address of one person after the other; no address comes twice."""
    taken: dict[str, int] = {}
    while True:
        first, last = chance.choice(FIRST), chance.choice(LAST)
        local = f"{_ascii(first)}.{_ascii(last)}"
        taken[local] = taken.get(local, 0) + 1
        number = str(taken[local]) if taken[local] > 1 else ""
        yield f"{first} {last}", f"{local}{number}@{DOMAIN}"


def _ascii(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name.lower().translate(_PLAIN))
    return "".join(letter for letter in parts if letter.isascii() and letter.isalpha())
