/**
 * Every sentence that the browser modules show, from one file a language. A language or a sentence that is missing is a
 * type error (`texts.d.ts`).
 */
import { LANGUAGES } from "./languages.js";

/** @type {(language: Http.Language) => Promise<Words>} */
async function read(language) {
	/** @type {() => Promise<Texts>} */
	const load = async () => (await fetch(new URL(`${language}.json`, import.meta.url))).json();
	const texts = await load().catch(load);
	const rules = new Intl.PluralRules(language);
	/** @type {Filling} */
	const filling = (text) => (...values) => text.replaceAll("{}", () => String(values.shift()));
	/** @type {Counting} */
	const counting = (forms) => (count) => filling(rules.select(count) === "one" ? forms.one : forms.other)(count);
	const copies = counting(texts.copies);
	return {
		...texts,
		language,
		copies,
		copiesDone: (processed, total) => `${processed} / ${copies(total)}`,
		copiesExported: counting(texts.copiesExported),
		pages: counting(texts.pages),
		warnings: counting(texts.warnings),
		laterAttempt: filling(texts.laterAttempt),
		copyOf: filling(texts.copyOf),
		requestedBy: filling(texts.requestedBy),
		alreadyRunning: filling(texts.alreadyRunning),
		errorCode: filling(texts.errorCode),
		queuePosition: filling(texts.queuePosition),
		timeLeft: filling(texts.timeLeft),
		availableFor: filling(texts.availableFor),
		labelled: filling(texts.labelled),
	};
}

const everyLanguage = await Promise.all(LANGUAGES.map(read));

/**
 * The words of a language tag ("en-GB"); those of the default language where there are none.
 * @type {(tag?: string) => Words}
 */
export const wordsOf = (tag = "") =>
	everyLanguage.find(({ language }) => language === tag.toLowerCase().split("-")[0]) ?? everyLanguage[0];
