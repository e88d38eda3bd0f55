// The whole class as one react-pdf document, rendered in one go: node report.mjs exam.json out.pdf
import { readFileSync, writeFileSync } from "node:fs";
import React from "react";
import { Document, Page, StyleSheet, Text, View, renderToBuffer } from "@react-pdf/renderer";
import { formula } from "./formulas.mjs";
import { runs } from "./content.mjs";

const e = React.createElement;
const styles = StyleSheet.create({
  page: { padding: 40, fontSize: 11, fontFamily: "Helvetica" },
  name: { fontSize: 16, marginBottom: 6 },
  question: { marginBottom: 10 },
  heading: { fontSize: 12, marginBottom: 3 },
  line: { flexDirection: "row", flexWrap: "wrap", alignItems: "center" },
  answer: { border: "1pt solid #999", padding: 6, marginVertical: 3 },
  comment: { color: "#444" },
});

function mixed(text, style) {
  const parts = runs(text ?? "").map((run, key) => (run.tex ? formula(run.value, key) : e(Text, { key }, run.value)));
  return e(View, { style: [styles.line, style] }, parts);
}

function answerView(question, answer) {
  const score = answer?.score ?? null;
  return e(
    View,
    { key: question.id, style: styles.question },
    e(Text, { style: styles.heading }, `Question ${question.label}  ${score ?? "Non noté"} / ${question.maxPoints}`),
    e(View, { style: styles.answer }, mixed(answer?.content)),
    answer?.feedback ? mixed(`Commentaire : ${answer.feedback}`, styles.comment) : null,
  );
}

function copyPage(exam, questions, copy) {
  const answers = new Map(copy.answers.map((answer) => [answer.questionId, answer]));
  const total = copy.answers.reduce((sum, answer) => sum + (answer.score ?? 0), 0);
  return e(
    Page,
    { key: copy.id, size: "A4", style: styles.page },
    e(Text, { style: styles.name }, copy.student.name),
    e(Text, null, `${exam.title} - ${total}`),
    questions.map((question) => answerView(question, answers.get(question.id))),
  );
}

const [input, output] = process.argv.slice(2);
const graded = JSON.parse(readFileSync(input, "utf8"));
const questions = graded.exam.sections.flatMap((section) => section.questions);
const report = e(
  Document,
  { title: graded.exam.title },
  graded.submissions.map((copy) => copyPage(graded.exam, questions, copy)),
);
writeFileSync(output, await renderToBuffer(report));
