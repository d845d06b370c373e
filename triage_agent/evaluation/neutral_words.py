"""Words for what is made up: names of nobody in particular, and words that are no names."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    Alba Anouk Arlo Bente Bruno Cato Celia Dario Della Edda Emil Fenna Florin Greta Hanno Ida
    Ilja Iris Jarne Juno Kaia Kilian Lea Levin Lotte Luca Malin Milo Mira Nevio Nora Odin Orla
    Pia Quirin Rafa Romy Runa Silas Sola Tamo Tilda Ubbo Una Vera Vito Wanda Yara Yorick Zoe
    """
)
LAST = _words(
    """
    Aldermoor Ansgard Balthas Berwick Brennick Calloway Corvin Dahlby Dorrance Elmstad Erskild
    Fallbrook Farrow Galbrin Gresham Hallvik Harrowby Ingram Istvik Jessen Kalloway Kestner
    Lambrook Lorvik Marchetti Merrow Norling Nystrand Oakden Orrick Pallister Penrose Quillon
    Rackham Ravndal Selwyn Storvik Tavener Thorsby Ullman Umbridge Varley Vestby Wexley Winterby
    Yardley Zellner
    """
)
FIRMS = _words(
    """
    Aldera Ambrix Arvanta Belmora Bravanto Calvero Castrel Corvane Dalvona Delmarco Elvanto
    Estrava Falmera Fenvoro Galdera Gravelo Halvetra Hestrano Iverra Istrava Jorvano Kaldera
    Kestrova Lavonta Lumetra Maranto Meltrava Novelda Norvanta Ostrava Orvelo Paltera Pravonda
    Quelvara Ravella Rostrana Selvano Sundera Talvera Tavira Ulvano Umbretta Valdora Vostrel
    Welmara Wistrano Yelvara Zandora
    """
)
STREETS = _words(
    """
    Alder Birchwood Cedar Dale Elder Fernhill Granary Hawthorn Ivy Juniper Larch Maple Orchard
    Poplar Quarry Rowan Sorrel Thistle Walnut Willow
    """
)

ORDINARY = frozenset(
    _words(
        """
        air all appliance assist association best bros brothers build building business care center
        centre city clean cleaning climate clinic cloud club college com comfort commercial
        construction consulting control controls cool cooling crane cranes data design digital
        direct door doors east electric electrical electronics elevator elevators energy engineering
        equipment escalator estate express facilities facility family farm field fire first food
        foods freight garage garden gas general generator generators glass global green ground group
        heat heating help hire holding holdings home hospital hotel house http https industrial
        industries industry installation instruments insurance international kitchen lab labs
        landscape landscaping lift lifts light lighting line local locks logistics machine machines
        maintenance management marine market mechanical media medical metal metro mobile motor
        motors mountain national net network networks new north office oil one online org paint
        partner partners pest pipe pipes plant plumbing point pool pools power price print pro
        products project projects property protection pump pumps quality refrigeration rental
        rentals repair repairs research restaurant river road roof roofing safety school screen
        security service services shop smart software solar solution solutions son sons south staff
        star state steel store studio supply support system systems tank tanks tech technical
        technologies technology telecom time tools trade trading transport travel tree trees union
        united university vacuum ventilation water web welding well wells west wind window windows
        wood work works world www
        """
    )
)
"""What names of firms are made of besides: it tells a trade, not a name."""

WEAK = frozenset(
    _words(
        """
        able an anna april art august baker bill bishop black brown carpenter chance christian cook
        cooper day dean do drew early english ernest faith fisher fox frank french gene grace grant
        gray green guy hand harry hope hunter iris jack jean joy june king knight lane law little
        long major mark marsh mason may melody miles miller miss nick noble page parker patience
        pepper pierce porter potter price ray read rich rob rose royal rusty short small smith so
        sterling stone storm sue summer taylor van victor violet wade walker ward way weaver white
        will winter wise wood woods young
        """
    )
)
"""Names that are words, too: in a text they are a name only where they begin with a capital."""

STREET = (
    r"\d{1,5}[A-Za-z]?,? (?:[A-Z][\w'.-]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|"
    r"Way|Boulevard|Blvd|Court|Ct|Square|Terrace|Close|Crescent|Highway|Hwy)\b"
    r"|\b[A-Z\u00c4\u00d6\u00dc][\w-]*(?:stra\u00dfe|strasse|str\.|weg|platz|allee|gasse|damm|laan|"
    r"straat|gatan|vej) ?\d+(?: ?[a-z])?\b"
    r"|\b\d{1,4}(?: bis)?,? (?:rue|avenue|boulevard|place|chemin|quai) "
    r"(?:(?:de|du|des|la|le|les) |d'|l')*[A-Z][\w'-]+(?: [A-Z][\w'-]+)*"
    r"|\b(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]alle|[Aa]venida|[Pp]laza|[Rr]ua) "
    r"(?:[\w'.-]+ ){0,3}[A-Z][\w'-]+,? \d{1,4}\b"
)
"""How streets are written, with a number, in some languages."""
