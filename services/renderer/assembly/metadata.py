"""A document's metadata, as XMP packet and as information dictionary: title, language, date, conformance to PDF/UA-1.

Nothing in it names a machine, a path or a person.
"""

from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from services.renderer.assembly.syntax import text_string

PRODUCER = "Correcta Exports"

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate>
<pdf:Producer>{producer}</pdf:Producer>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True)
class DocumentInfo:
    """Title and language of a document, and the moment its grades are stated for (UTC)."""

    title: str
    language: str
    as_of: datetime


def xmp(info: DocumentInfo) -> bytes:
    """The XMP packet, with the PDF/UA identification."""
    title = "".join(character for character in info.title if character.isprintable())
    date = info.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _XMP.format(title=escape(title), language=info.language, date=date, producer=PRODUCER).encode()


def dictionary(info: DocumentInfo) -> bytes:
    """The information dictionary: the same metadata for readers that know no XMP."""
    date = info.as_of.strftime("D:%Y%m%d%H%M%SZ").encode()
    return b"<< /Title %s /Producer %s /CreationDate (%s) /ModDate (%s) >>" % (
        text_string(info.title),
        text_string(PRODUCER),
        date,
        date,
    )
