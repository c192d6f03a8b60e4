"""Who writes what in the demo, and what becomes of our answers. Pure data."""

from dataclasses import dataclass

#: What WhatsApp reports of an answer with this fate, in the order in which it happens.
FATES = {
    "sent": ("sent",),
    "delivered": ("sent", "delivered"),
    "read": ("sent", "delivered", "read"),
    "failed": ("sent", "failed"),
}
#: Meta's code and title for a message that could not be delivered.
FAILURE = (131026, "Message undeliverable")


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a phone number and a profile name."""

    phone: str
    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """What a customer writes. ``at`` is in seconds; ``reply_to`` the id of a quoted message."""

    id: str
    customer: Customer
    text: str
    at: int
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What we write, and its fate. ``early``: its first reports are here before it is written."""

    id: str
    customer: Customer
    text: str
    at: int
    fate: str
    early: bool = False

    @property
    def ticks(self) -> list[tuple[str, int]]:
        """Each word that WhatsApp reports of it, with its time."""
        return [(word, self.at + 1 + 2 * place) for place, word in enumerate(FATES[self.fate])]


@dataclass(frozen=True, slots=True)
class Story:
    """Some conversations; ids hold the name of the run, so that runs may share a database."""

    texts: list[Text]
    answers: list[Answer]


ANA = Customer("5511988887777", "Ana Souza")
BRUNO = Customer("5521977776666", "Bruno <b>Lima</b>")
CHIARA = Customer("393331234567", "Chiara Ferri 🌻")
DAOUD = Customer("971501234567", "داود")

# Customer, then lines. A tuple is an answer of ours: its text, its fate and, in case, "early".
# A line that begins with ">" quotes what stands before it.
DIALOGUES: dict[Customer, list[str | tuple[str, ...]]] = {
    ANA: [
        "Good morning! Is the blue bicycle from your window still there?",
        ("Good morning, Ana. It is! Would you like to come and see it?", "read", "early"),
        "> Yes please. Today at four?",
        ("Four is fine. We keep it for you.", "read"),
        "Obrigada! 🚲",
    ],
    BRUNO: [
        "Do you repair e-bikes? <script>alert('hello')</script> & \"quotes\"",
        ("We do, from Tuesday to Friday.", "delivered", "early"),
        "> And on Saturdays?",
        ("Only by appointment.", "sent"),
    ],
    CHIARA: [
        "Ciao, my order 4711 has not arrived yet.",
        ("Sorry to hear that, Chiara. We are asking the carrier.", "delivered"),
        ("The carrier says: tomorrow before noon.", "failed", "early"),
    ],
    DAOUD: ["مرحبا، هل الخوذة متوفرة؟", "🪖?"],
}

#: What customers say, and we answer, for as long as the demo runs.
SMALL_TALK = (
    ("Are you open on Sunday?", "From ten to two."),
    ("Which size of helmet do I need?", "Measure around your head, just above the eyebrows."),
    ("Can I pay by card?", "Of course, or by bank transfer."),
    ("How much is a new chain?", "From 25, fitting included."),
    ("Do you have children's trailers?", "Two, come and try them."),
    ("My bell does not ring any more 🔔", "Bring it in, we mend that at once."),
    ("Where can I park?", "Behind the shop, it is free for an hour."),
)


def opening(run: str, start: int) -> Story:
    """The story told when the demo begins; it takes a few minutes, from ``start`` on."""
    story = Story([], [])
    for place, (customer, lines) in enumerate(DIALOGUES.items()):
        before = ""
        for number, line in enumerate(lines):
            id, at = f"wamid.DEMO.{run}.{place}.{number}", start + 20 * place + 60 * number
            if isinstance(line, str):
                quoted = before if line.startswith("> ") else ""
                story.texts.append(Text(id, customer, line.removeprefix("> "), at, quoted))
            else:
                text, fate, *early = line
                story.answers.append(Answer(id, customer, text, at, fate, bool(early)))
            before = id
    return story


def small_talk(run: str, number: int, at: int) -> tuple[Text, Answer]:
    """A customer's question after the opening, and our answer; numbers never end."""
    customers, fates = list(DIALOGUES), list(FATES)
    customer = customers[number % len(customers)]
    question, answer = SMALL_TALK[number % len(SMALL_TALK)]
    id, fate = f"wamid.DEMO.{run}.talk.{number}", fates[(number + 2) % len(fates)]
    early = number % 3 == 0
    return (
        Text(f"{id}.in", customer, question, at),
        Answer(f"{id}.out", customer, answer, at + 1, fate, early),
    )
