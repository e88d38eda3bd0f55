"""Formulas of every kind a teacher or a student writes, as text with delimiters."""

ENLIGNE = (
    "Les quatre délimiteurs : $a^2+b^2=c^2$, \\(\\mathrm e^{\\mathrm i\\pi}+1=0\\), puis sur leur propre ligne "
    "$$\\sum_{k=1}^{n}k^2=\\frac{n(n+1)(2n+1)}{6}$$ et \\[ \\int_0^{+\\infty}\\mathrm e^{-t^2}\\,\\mathrm dt="
    "\\frac{\\sqrt\\pi}{2}. \\]\n"
    "Un article coûte 5$ à 10$, un autre 7,50 $ ; un dollar échappé : \\$, et 100 \\$ = 100 \\$. "
    "Le prix de $n$ articles à 5\\$ est $5n$ dollars."
)

STRUCTURES = (
    "Système : $$\\begin{cases}2x+3y=7\\\\x-y=1\\end{cases}$$ "
    "calcul aligné : $$\\begin{aligned}(a+b)^3&=(a+b)(a^2+2ab+b^2)\\\\&=a^3+3a^2b+3ab^2+b^3\\end{aligned}$$ "
    "matrices : $$A=\\begin{pmatrix}1&2&3\\\\4&5&6\\\\7&8&9\\end{pmatrix},\\quad "
    "\\det\\begin{vmatrix}a&b\\\\c&d\\end{vmatrix}=ad-bc,\\quad\\begin{bmatrix}0&-1\\\\1&\\phantom{-}0\\end{bmatrix}$$ "
    "et une matrice dans la ligne, $\\left(\\begin{smallmatrix}\\cos\\theta&-\\sin\\theta\\\\\\sin\\theta&\\cos\\theta"
    "\\end{smallmatrix}\\right)$, sans la déformer."
)

SCIENCES = (
    "Chimie : $\\ce{2H2 + O2 -> 2H2O}$, $\\ce{SO4^2-}$, $\\ce{CH3COOH <=> CH3COO- + H+}$ et "
    "$$\\ce{MnO4^- + 8H+ + 5Fe^{2+} -> Mn^{2+} + 5Fe^{3+} + 4H2O}$$ "
    "unités : $\\SI{9.81}{\\meter\\per\\second\\squared}$, $\\SI{4.7}{\\kilo\\ohm}$, "
    "$1{,}6\\times10^{-19}\\ \\mathrm{C}$ ; "
    "texte accentué : $x_{\\text{médiane}}=\\text{valeur centrée réduite, où l'écart-type vaut }\\sigma$ ; "
    "couleurs : $\\textcolor{red}{F}=m\\,\\textcolor{blue}{a}$."
)

DIVERS = (
    "Racines et fractions imbriquées : $\\sqrt{1+\\sqrt{1+\\sqrt{1+x}}}$, $\\cfrac{1}{1+\\cfrac{1}{1+x}}$, "
    "$\\binom{n}{k}$, $\\lim\\limits_{x\\to0}\\frac{\\sin x}{x}=1$, $\\overrightarrow{AB}\\cdot\\vec u$, "
    "$\\underbrace{1+\\dots+1}_{n}$, $\\forall\\varepsilon>0,\\ \\exists\\eta>0$, $\\mathbb R\\setminus\\{0\\}$, "
    "$\\left.\\frac{\\partial f}{\\partial x}\\right|_{x=0}$, $A\\xrightarrow{\\ f\\ }B$, $\\overline{z}$, "
    "$\\widehat{ABC}=60°$, $\\iint_D$, $\\bigcup_{i\\in I}A_i$, $f\\colon\\mathbb{N}\\to\\mathbb{C}$."
)
