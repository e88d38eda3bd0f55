-- What an export reads of Correcta's tables; never written. Correcta has no index on foreign keys, so each statement
-- reads whole tables, each of them once an export, and joins by hash.

-- name: tune
SELECT set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true), set_config('work_mem', '64MB', true),
       set_config('statement_timeout', '60s', true), set_config('lock_timeout', '5s', true),
       set_config('idle_in_transaction_session_timeout', '60s', true)

-- name: exams
-- The exam and its variants, the exam first.
SELECT e."id" AS id, e."title" AS title, e."description" AS description, e."courseId" AS course_id,
       array_remove(coalesce(e."classIds", '{}') || e."classId", NULL) AS class_ids,
       c."code" AS course_code, c."name" AS course_name,
       i."id" AS institution_id, i."name" AS institution_name, i."settings" AS settings, now() AS as_of
FROM "Exam" e JOIN "Course" c ON c."id" = e."courseId" JOIN "Institution" i ON i."id" = c."institutionId"
WHERE (e."id" = $1 OR e."parentExamId" = $1) AND c."institutionId" = $2
ORDER BY e."id" = $1 DESC, e."id"

-- name: classes
SELECT "id" AS id, "name" AS name, "parentId" AS parent_id FROM "Class" WHERE "courseId" = $1 ORDER BY "name", "id"

-- name: enrolled
SELECT n."userId" AS user_id, n."classId" AS class_id, u."name" AS name, u."email" AS email,
       u."archivedAt" IS NOT NULL OR k."archivedAt" IS NOT NULL AS archived
FROM "Enrollment" n JOIN "Class" k ON k."id" = n."classId" JOIN "User" u ON u."id" = n."userId"
WHERE k."courseId" = $1 AND n."role" = 'STUDENT'
ORDER BY n."userId", n."classId"

-- name: sections
SELECT "id" AS id, "examId" AS exam_id, "title" AS title, "isDefault" AS is_default, "customLabel" AS custom_label,
       "introContent" AS intro
FROM "ExamSection" WHERE "examId" = ANY($1::text[]) ORDER BY "examId", "order", "id"

-- name: questions
SELECT q."id" AS id, q."sectionId" AS section_id, q."content" AS content, q."type"::text AS type,
       q."customLabel" AS custom_label, q."requireAllCorrect" AS require_all_correct, q."maxPoints" AS max_points
FROM "Question" q JOIN "ExamSection" s ON s."id" = q."sectionId"
WHERE s."examId" = ANY($1::text[]) ORDER BY q."sectionId", q."order", q."id"

-- name: segments
SELECT p."id" AS id, p."questionId" AS question_id, p."instruction" AS instruction, p."maxPoints" AS max_points,
       p."isCorrect" AS is_correct
FROM "QuestionSegment" p JOIN "Question" q ON q."id" = p."questionId" JOIN "ExamSection" s ON s."id" = q."sectionId"
WHERE s."examId" = ANY($1::text[]) ORDER BY p."questionId", p."order", p."id"

-- name: rubrics
SELECT r."segmentId" AS segment_id, r."criteria" AS criteria, r."levels" AS levels
FROM "Rubric" r JOIN "QuestionSegment" p ON p."id" = r."segmentId" JOIN "Question" q ON q."id" = p."questionId"
JOIN "ExamSection" s ON s."id" = q."sectionId"
WHERE s."examId" = ANY($1::text[]) ORDER BY r."segmentId", r."id"

-- name: attempts
-- Those in progress, too.
SELECT a."id" AS id, a."examId" AS exam_id, a."studentId" AS student_id, a."status"::text AS status,
       a."submittedAt" AS submitted_at, u."name" AS name, u."email" AS email
FROM "Attempt" a JOIN "User" u ON u."id" = a."studentId"
WHERE a."examId" = ANY($1::text[])
ORDER BY a."id" COLLATE "C"

-- name: answers
-- One row for each answer and one for each of its segments, with the grade each of them was given: a grade belongs either
-- to an answer or to a segment, so one read of "Grade" serves both. A grade may be harmonised again and again: `original`
-- is what it was before all of it, the score that no harmonisation had given, the earliest where a teacher changed it
-- in between (details are only ever added, so their place in the table tells which is).
WITH answer AS MATERIALIZED (
    SELECT w."id" AS id, w."attemptId" AS attempt_id, w."questionId" AS question_id
    FROM "Attempt" a JOIN "Answer" w ON w."attemptId" = a."id"
    WHERE a."examId" = ANY($1::text[]) AND a."status" <> 'IN_PROGRESS'
), item AS (
    SELECT id AS key, attempt_id, question_id, NULL AS segment_id, NULL AS content FROM answer
    UNION ALL
    SELECT s."id", answer.attempt_id, answer.question_id, s."segmentId", s."content"
    FROM answer JOIN "AnswerSegment" s ON s."answerId" = answer.id
), detail AS (
    SELECT ctid AS place, "gradeId" AS grade_id, "originalScore" AS original,
           array_agg("newScore") OVER (PARTITION BY "gradeId") AS given
    FROM "HarmonizationDetail"
), harmonised AS (
    SELECT grade_id, given, (array_agg(original ORDER BY original = ANY(given), place))[1] AS original
    FROM detail GROUP BY grade_id, given
)
SELECT item.attempt_id, item.question_id, item.segment_id, item.content,
       g."score" AS score, g."feedback" AS feedback, harmonised.original AS harmonised_from,
       CASE WHEN g."id" IS NULL THEN NULL
            WHEN g."isOverridden" OR g."gradedByUserId" IS NOT NULL THEN 'teacher'
            WHEN g."aiRationale" = 'AUTO_SCORED_MCQ' THEN 'auto'
            ELSE 'ai' END AS origin
FROM item
LEFT JOIN "Grade" g ON coalesce(g."answerSegmentId", g."answerId") = item.key
LEFT JOIN harmonised ON harmonised.grade_id = g."id" AND g."score" = ANY(harmonised.given)
ORDER BY item.attempt_id COLLATE "C", item.question_id, item.segment_id NULLS FIRST, g."id"
