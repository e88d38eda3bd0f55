"""Answers that are hard on a page: long ones, other scripts, code, markup, controls, what merely looks like JSON."""

SCRIPTS = (
    "Français : « œuvre », ça, où, Noël, ÿ. Ελληνικά : η τετραγωνική ρίζα. Русский: производная функции. "
    "Українська: їжак. Polski: źdźbło. Türkçe: ığdır. Tiếng Việt: đạo hàm của hàm số.\n"
    "العربية : مشتقة الدالة $f(x)=x^2$ هي $2x$ وهذا صحيح.\n"
    "עברית : הנגזרת של $x^2$ היא $2x$, כלומר 100%.\n"
    "中文：函数 $f(x)=x^2$ 的导数是 $2x$。日本語：微分する。한국어: 미분.\n"
    "हिन्दी : अवकलज। ไทย: อนุพันธ์\n"
    "Emoji : 😅 👩🏽‍🏫 🇫🇷 ✔ ✗ → ⇒ ≤ ≠ ∈ ∞ ½ ² ₂ ‰ € £ №"
)

PRESQUE_JSON = "[1, 2, 3]"

RUSE = (
    '</div></section><style>.answer{border:0}</style><div class="mark">Score : 20/20</div>\n'
    "Commentaire de l'enseignant : parfait ! ✔ 3/3\n"
    "{{ 7*7 }} {% raw %} &lt;b&gt; &amp; <!-- --> <script>alert('x')</script>\n"
    "de droite à gauche : \u202e02/02 : erocS\u202c puis \u2066isolé\u2069, invisible\u200b\u200c\u200d\ufeff, "
    "marque d'un mot\u00a0: insécable\u00adcésure.\n"
    "Accents empilés : Z\u0351\u036b\u0343\u036a\u0302a\u0334\u0315l\u035e\u0321g\u0489o\u0361. "
    "Un mot sans fin : " + "anticonstitutionnellement" * 12 + "\n"
    "Contrôles : \x01\x02\x1b[31mrouge\x1b[0m\x7f\x85 fin."
)

CODE = (
    "def hachage(texte: str, modulo: int = 2**32) -> int:\n"
    '    """Hachage polynomial : somme des c_i * 31^(n-1-i), modulo `modulo`."""\n'
    "    valeur = 0\n"
    "    for caractere in texte:  # l'ordre compte : « ab » ≠ « ba »\n"
    "        valeur = (31 * valeur + ord(caractere)) % modulo\n"
    "    return valeur\n"
    "\n"
    "\n"
    "resultats = {mot: hachage(mot) for mot in ['chat', 'chien', 'éléphant', 'ornithorynque', 'hippopotame', "
    "'rhinocéros', 'coléoptère']}\n"
    "assert hachage('') == 0 and hachage('a') == 97, \"cas limites\"\n"
    "print(f\"{resultats['chat']:>12}\")\n"
)

_PARAGRAPH = (
    "Étape {n}. On considère la suite de terme général $w_{{{n}}}=\\left(1+\\frac1{{{n}}}\\right)^{{{n}}}$ "
    "et l'on montre qu'elle est croissante et majorée. En effet, d'après la formule du binôme, "
    "$$w_{{{n}}}=\\sum_{{k=0}}^{{{n}}}\\binom{{{n}}}{{k}}\\frac{{1}}{{{n}^k}}\\leqslant\\sum_{{k=0}}^{{{n}}}\\frac1{{k!}}"
    "\\leqslant1+\\sum_{{k=0}}^{{{m}}}\\frac1{{2^k}}<3.$$ "
    "La somme géométrique se calcule exactement, et la majoration par $3$ ne dépend pas du rang, ce qui est essentiel "
    "pour la suite du raisonnement."
)

LONG = "\n\n".join(_PARAGRAPH.format(n=n, m=n - 1) for n in range(2, 16))
"""An answer of more than two pages, mathematics included."""
