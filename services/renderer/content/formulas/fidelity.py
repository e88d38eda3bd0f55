"""Does a drawing show what was written? Letters, digits and signs of the source are counted against the glyphs drawn.

Not one may be missing, and no digit may be there that was not written. This guards the reader against whatever a
typesetter "corrects" in silence: a decimal mark of another country, a digit of a command it misunderstands.
"""

import re
import unicodedata
from collections import Counter

_ARGUMENT = r"\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_OPTION = r"(?:\s*\[[^\]]*\])?"
_LENGTH = r"\s*[-+]?\s*[\d.,]*\s*(?:mu|em|ex|pt|pc|cm|mm|in|bp|px|sp)\b"
_UNSEEN = re.compile(
    rf"\\(?:hspace|vspace|hskip|mspace)\*?{_ARGUMENT}"
    rf"|\\(?:kern|mkern|hskip|mskip|vskip){_LENGTH}"
    rf"|\\fcolorbox{_OPTION}{_ARGUMENT}{_OPTION}{_ARGUMENT}|\\(?:text|page)?color(?:box)?{_OPTION}{_ARGUMENT}"
    rf"|\\(?:label|require|[hv]?phantom|cline|raisebox|vcenter){_ARGUMENT}|\\(?:color|colour)\s*\w"
    rf"|\\rule{_OPTION}{_ARGUMENT}{_ARGUMENT}|\\multicolumn{_ARGUMENT}{_ARGUMENT}|\\smash{_OPTION}"
    rf"|\\begin\s*\{{(?:array|tabular|subarray|alignat\*?|alignedat|xalignat\*?)\}}{_OPTION}{_ARGUMENT}"
    rf"|\\begin\s*\{{[^{{}}]*\}}{_OPTION}|\\end\s*\{{[^{{}}]*\}}"
    rf"|\\\\\*?(?:\s*\[{_LENGTH}\s*\])?"
    r"|\\(?:left|right|middle|[bB]igg?[lrm]?)\s*\.|\\operatorname\s*\*|\\tag\s*\*|\\hline"
    rf"|\\(?:si|unit|unicode){_ARGUMENT}"
    r"|\\[a-zA-Z]+|\\[^{}%$#&_]|[\^_{}&~$\s]"
)
_QUANTITY = re.compile(rf"\\(?:SI|qty|SIrange|qtyrange|num|ang|tablenum){_OPTION}\s*\{{([^{{}}]*)\}}(?:{_ARGUMENT})?")
_NOT_JUDGED = re.compile(
    r"\\(?:def|g?let|(?:re)?newcommand|DeclareMathOperator|newenvironment|chemfig|schemestart|chemmove|xymatrix|verb"
    r"|begin\s*\{(?:tikzcd|CD)\})(?![a-zA-Z])"
)
_CODE_POINT = re.compile(r"\\unicode\s*\{\s*(?!x)")
"""`\\unicode{65}` is a decimal number to MathJax and a hexadecimal one to mathra."""

_ENTITY = re.compile(r"&(lt|gt|amp|nbsp);")
"""What is left of a source that went through HTML once too often; mathra reads it as the sign it stands for."""

_CHEMISTRY = re.compile(r"\\(?:ce|pu)(?![a-zA-Z])")
_SAME = str.maketrans("-–‐‑—*'`’‘´ʹ⎛⎝⎞⎠⎡⎣⎤⎦⎧⎨⎫⎬·⋅•∶", "−−−−−∗′′′′′′(())[[]]{{}}∙∙∙:")
_IGNORED = frozenset('"”“«»|∣‖\\⁡⁢⁣\u200b\u2060')


def faithful(latex: str, reading: str) -> bool:
    """Whether a drawing that reads like this shows the source's letters, digits and signs."""
    if _CODE_POINT.search(latex):
        return False
    if _NOT_JUDGED.search(latex):
        return True
    drawn = _count(reading)
    counted = written(latex)
    if _CHEMISTRY.search(latex):
        counted = Counter({sign: count for sign, count in counted.items() if sign.isdigit()})
    if any(drawn[sign] < count for sign, count in counted.items() if sign not in "()[]{}"):
        return False
    if _QUANTITY.search(latex):
        return True
    return all(counted[sign] >= count for sign, count in drawn.items() if sign.isdigit())


def written(latex: str) -> Counter[str]:
    """How often each letter, digit and sign of the source is to be seen."""
    return _count(_UNSEEN.sub(" ", _QUANTITY.sub(_number_only, _ENTITY.sub(_sign, latex))))


def _sign(entity: re.Match[str]) -> str:
    return {"lt": "<", "gt": ">"}.get(entity.group(1), " ")


def _number_only(match: re.Match[str]) -> str:
    return "".join(sign for sign in match.group(1) if sign.isdigit() or sign in ".,")


def _count(text: str) -> Counter[str]:
    folded = unicodedata.normalize("NFKD", text).translate(_SAME)
    return Counter(sign for sign in folded if not (sign in _IGNORED or sign.isspace() or unicodedata.combining(sign)))
