/** What every part of the page uses. */
export const $ = (id) => document.getElementById(id);
export const lang = document.documentElement.lang;
/** How dates are written: Europe's English. */
export const locale = lang === "en" ? "en-GB" : lang;
/** Text as it is searched: no accents, no capitals. */
export const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
export const exporter = document.querySelector("correcta-export");
