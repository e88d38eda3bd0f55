/** The languages, the default one first. Written from contracts/options.py by `make schemas`. */
/** @type {Http.Language[]} */
export const LANGUAGES = ["fr", "en"];
