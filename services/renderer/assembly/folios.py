"""Folios (page numbers at the foot of each page), drawn as glyph outlines: artifacts that need no font.

They count through the whole document and are known only once the front pages are, so each page reserves a content
stream that is written last.
"""

MIDDLE = 297.64
"""Where the number is centred, in points from the left: the middle of A4."""

BASELINE = 28.0
"""Points from the foot of the page, below the running foot."""

SIZE = 8.0
"""Type size in points."""

GREY = b"0.35 g"

ADVANCE = 500
"""Every digit is half an em wide, so that numbers line up."""

# The digits of TeX Gyre Termes, in thousandths of an em (GUST Font License).
DIGITS = (
    b"476 330 m 476 535 385 676 254 676 c 199 676 157 659 120 624 c 62 568 24 453 24 336 c 24 227 57 110 104 54 c "
    b"141 10 192 -14 250 -14 c 301 -14 344 3 380 38 c 438 93 476 209 476 330 c h 380 328 m 380 119 336 12 250 12 c "
    b"164 12 120 119 120 327 c 120 539 165 650 251 650 c 335 650 380 537 380 328 c h",
    b"394 0 m 394 15 l 315 16 299 26 299 74 c 299 674 l 291 676 l 111 585 l 111 571 l 123 576 134 580 138 582 c "
    b"156 589 173 593 183 593 c 204 593 213 578 213 546 c 213 93 l 213 60 205 37 189 28 c 174 19 160 16 118 15 c "
    b"118 0 l h",
    b"475 137 m 462 142 l 425 85 412 76 367 76 c 128 76 l 296 252 l 385 345 424 421 424 499 c 424 599 343 676 239 "
    b"676 c 184 676 132 654 95 614 c 63 580 48 548 31 477 c 52 472 l 92 570 128 602 197 602 c 281 602 338 545 338 "
    b"461 c 338 383 292 290 208 201 c 30 12 l 30 0 l 420 0 l h",
    b"432 219 m 432 270 416 317 387 348 c 367 370 348 382 304 401 c 373 448 398 485 398 539 c 398 620 334 676 242 "
    b"676 c 192 676 148 659 112 627 c 82 600 67 574 45 514 c 60 510 l 101 583 146 616 209 616 c 274 616 319 572 "
    b"319 509 c 319 473 304 437 279 412 c 249 382 221 367 153 343 c 153 330 l 212 330 235 328 259 319 c 321 297 "
    b"360 240 360 171 c 360 87 303 22 229 22 c 202 22 182 29 145 53 c 115 71 98 78 81 78 c 58 78 43 64 43 43 c 43 "
    b"8 86 -14 156 -14 c 233 -14 312 12 359 53 c 406 94 432 152 432 219 c h",
    b"472 167 m 472 231 l 370 231 l 370 676 l 326 676 l 12 231 l 12 167 l 293 167 l 293 0 l 370 0 l 370 167 l h "
    b"292 231 m 52 231 l 292 574 l h",
    b"438 681 m 429 688 l 414 667 404 662 383 662 c 174 662 l 65 425 l 64 423 64 420 64 420 c 64 415 68 412 76 412 "
    b"c 108 412 148 405 189 392 c 304 355 357 293 357 194 c 357 98 296 23 218 23 c 198 23 181 30 151 52 c 119 75 "
    b"96 85 75 85 c 46 85 32 73 32 48 c 32 10 79 -14 154 -14 c 238 -14 310 13 360 64 c 406 109 427 166 427 242 c "
    b"427 314 408 360 358 410 c 314 454 257 477 139 498 c 181 583 l 377 583 l 393 583 397 585 400 592 c h",
    b"468 219 m 468 347 395 428 280 428 c 236 428 215 421 152 383 c 179 534 291 642 448 668 c 446 684 l 332 674 "
    b"274 655 201 604 c 93 527 34 413 34 279 c 34 192 61 104 104 54 c 142 10 196 -14 258 -14 c 382 -14 468 81 468 "
    b"219 c h 378 185 m 378 75 339 14 269 14 c 181 14 127 108 127 263 c 127 314 135 342 155 357 c 176 373 207 382 "
    b"242 382 c 328 382 378 310 378 185 c h",
    b"449 646 m 449 662 l 79 662 l 20 515 l 37 507 l 80 575 98 588 153 588 c 370 588 l 172 -8 l 237 -8 l h",
    b"445 155 m 445 232 411 281 290 371 c 389 424 424 466 424 534 c 424 616 352 676 252 676 c 143 676 62 609 62 "
    b"518 c 62 453 81 424 186 332 c 78 250 56 219 56 151 c 56 54 135 -14 248 -14 c 368 -14 445 52 445 155 c h 369 "
    b"124 m 369 59 324 14 259 14 c 183 14 132 72 132 159 c 132 223 154 265 212 312 c 272 268 l 345 216 369 180 369 "
    b"124 c h 355 535 m 355 478 327 433 270 395 c 265 392 265 392 261 389 c 172 447 136 493 136 549 c 136 607 181 "
    b"648 244 648 c 312 648 355 604 355 535 c h",
    b"459 394 m 459 559 367 676 238 676 c 119 676 30 575 30 440 c 30 318 102 237 210 237 c 265 237 307 253 360 294 "
    b"c 319 131 208 24 56 -2 c 59 -22 l 171 -9 226 10 294 59 c 398 135 459 259 459 394 c h 362 355 m 362 335 358 "
    b"326 347 317 c 319 293 282 280 246 280 c 170 280 122 355 122 474 c 122 531 138 591 159 617 c 176 637 201 648 "
    b"230 648 c 317 648 362 562 362 394 c h",
)


SAVE = b"q"
"""The content stream before the page's own: saves the graphics state, so that its coordinates can be restored."""


def folio(number: int) -> bytes:
    """The content stream that draws a page number, after restoring the graphics state saved by `SAVE`."""
    digits = str(number)
    scale = SIZE / 1000
    left = MIDDLE - len(digits) * ADVANCE * scale / 2
    drawn = (b"%s f 1 0 0 1 %d 0 cm" % (DIGITS[int(digit)], ADVANCE) for digit in digits)
    head = b"Q /Artifact << /Type /Pagination >> BDC q %s %.3f 0 0 %.3f %.3f %.3f cm " % (
        GREY,
        scale,
        scale,
        left,
        BASELINE,
    )
    return head + b" ".join(drawn) + b" Q EMC"
