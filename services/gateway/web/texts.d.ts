/** Every language's file of sentences. Written from contracts/options.py by `make schemas`. */
interface TextsByLanguage extends Record<Http.Language, Texts> {
	fr: typeof import("./static/correcta-export/fr.json");
	en: typeof import("./static/correcta-export/en.json");
}
