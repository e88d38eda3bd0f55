"""Signs that mathra leaves in its phrases, in words: a screen reader says some of them wrongly and most not at all."""

from typing import Literal

SpokenLanguage = Literal["fr", "en"]

_TABLE = """
{ | accolade ouvrante | open brace
} | accolade fermante | close brace
^ | accent circonflexe | caret
& | et commercial | ampersand
# | dièse | hash
$ | dollar | dollar
² | au carré | squared
³ | au cube | cubed
√ | racine de | root of
∫ | intégrale de | integral of
½ | un demi | one half
€ | euros | euros
£ | livres | pounds
¥ | yens | yen
— | tiret | dash
⩽≦ | est inférieur ou égal à | is less than or equal to
⩾≧ | est supérieur ou égal à | is greater than or equal to
≰ | n’est pas inférieur ou égal à | is not less than or equal to
≱ | n’est pas supérieur ou égal à | is not greater than or equal to
≮ | n’est pas inférieur à | is not less than
≯ | n’est pas supérieur à | is not greater than
⪇≨ | est strictement inférieur à | is strictly less than
⪈≩ | est strictement supérieur à | is strictly greater than
≪⋘ | est très inférieur à | is much less than
≫⋙ | est très supérieur à | is much greater than
≲⪅ | est inférieur ou à peu près égal à | is less than or about equal to
≳⪆ | est supérieur ou à peu près égal à | is greater than or about equal to
≺ | précède | precedes
≻ | suit | succeeds
⪯≼ | précède ou égale | precedes or equals
⪰≽ | suit ou égale | succeeds or equals
∼ | tilde | tilde
≃≊ | est à peu près égal à | is approximately equal to
≅ | est isomorphe à | is congruent to
≍ | est du même ordre que | is of the same order as
≐≜≔ | est égal par définition à | equals by definition
∦ | n’est pas parallèle à | is not parallel to
∤ | ne divise pas | does not divide
⊢ | entraîne | proves
⊨ | satisfait | models
∋ | contient l’élément | contains the element
⊃⊇ | contient | contains
⊈ | n’est pas inclus dans | is not a subset of
⊉ | ne contient pas | is not a superset of
⊊ | est strictement inclus dans | is a proper subset of
⊋ | contient strictement | is a proper superset of
∖ | privé de | minus the set
∁ | complémentaire de | complement of
⊔⊎ | réunion disjointe | disjoint union
− | moins | minus
∧ | et | and
∨ | ou | or
¬ | non | not
∄ | il n’existe pas | there does not exist
⊤ | vrai | true
∴ | donc | therefore
∵ | car | because
⇐⟸ | est impliqué par | is implied by
⇏ | n’implique pas | does not imply
←⟵ | flèche vers la gauche | left arrow
↔⟷ | flèche double | two-way arrow
↦⟼ | a pour image | maps to
↪ | flèche à crochet | hooked arrow
↠ | flèche à double tête | two-headed arrow
↛ | ne tend pas vers | does not tend to
⇝ | mène à | leads to
↑⇑ | flèche vers le haut | up arrow
↓⇓ | flèche vers le bas | down arrow
↗ | flèche montante | rising arrow
↘ | flèche descendante | falling arrow
⇋ | en équilibre avec | in equilibrium with
∘ | rond | composed with
⋆ | étoile | star
• | point | bullet
⊕ | plus cerclé | circled plus
⊖ | moins cerclé | circled minus
⊗ | croix cerclée | circled times
⊙ | point cerclé | circled dot
† | croix | dagger
⌊ | partie entière de | floor of
⌋ | fin de la partie entière | end floor
⌈ | partie entière supérieure de | ceiling of
⌉ | fin de la partie entière supérieure | end ceiling
⟨ | crochet oblique ouvrant | left angle bracket
⟩ | crochet oblique fermant | right angle bracket
‖ | double barre | double bar
‴ | tierce | triple prime
⋮⋱ | et ainsi de suite | and so on
ℓ | l | l
ℏ | h barre | h bar
ℜ | partie réelle de | real part of
ℑ | partie imaginaire de | imaginary part of
ℵ | aleph | aleph
∡∢ | angle | angle
□◻ | carré | square
■ | carré noir | black square
◇◊ | losange | diamond
△ | triangle | triangle
★ | étoile noire | black star
✓ | coche | check mark
♯ | dièse | sharp
♭ | bémol | flat
§ | paragraphe | section
℧ | mho | mho
Ω | ohms | ohms
Ξ | xi majuscule | capital xi
Υ | upsilon majuscule | capital upsilon
ι | iota | iota
υ | upsilon | upsilon
ς | sigma final | final sigma
ϖ | pi | pi
ϱ | rhô | rho
"""


def _table() -> dict[SpokenLanguage, dict[str, str]]:
    rows = [[cell.strip() for cell in row.split(" | ")] for row in _TABLE.strip().splitlines()]
    pairs = [(sign, french, english) for signs, french, english in rows for sign in signs]
    return {
        "fr": {"\\": "barre oblique inverse"} | {sign: french for sign, french, _ in pairs},
        "en": {"\\": "backslash"} | {sign: english for sign, _, english in pairs},
    }


SIGNS = _table()
"""What each sign is called, by language."""
