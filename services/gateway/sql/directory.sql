-- What is read of Correcta's own tables; never written.

-- name: user
SELECT "role"::text AS role, "institutionId" AS institution_id, "archivedAt" IS NOT NULL AS archived, "name" AS name
FROM "User" WHERE "id" = $1

-- name: institution
SELECT "id" FROM "Institution" WHERE "id" = $1

-- name: exam
-- Variants of a common exam belong to it.
SELECT e."id" AS id, e."title" AS title, e."courseId" AS course_id, c."name" AS course_name, c."code" AS course_code,
       ARRAY(SELECT DISTINCT k FROM "Exam" v, unnest(coalesce(v."classIds", '{}') || v."classId") k
             WHERE (v."id" = e."id" OR v."parentExamId" = e."id") AND k IS NOT NULL) AS class_ids,
       CASE WHEN jsonb_typeof(i."settings" -> 'timezone') = 'string' THEN i."settings" ->> 'timezone' END AS timezone
FROM "Exam" e JOIN "Course" c ON c."id" = e."courseId" JOIN "Institution" i ON i."id" = c."institutionId"
WHERE e."id" = $1 AND c."institutionId" = $2

-- name: copies
-- Handed in, those of its variants too, counted no further than is asked.
SELECT count(*) FROM (
    SELECT FROM "Attempt" a JOIN "Exam" e ON e."id" = a."examId"
    WHERE (e."id" = $1 OR e."parentExamId" = $1) AND a."status" <> 'IN_PROGRESS' LIMIT $2) AS counted

-- name: class_ids
SELECT "id" FROM "Class" WHERE "courseId" = $1 AND "id" = ANY($2::text[])

-- name: titles
SELECT e."id" AS id, e."title" AS title FROM "Exam" e JOIN "Course" c ON c."id" = e."courseId"
WHERE e."id" = ANY($1::text[]) AND c."institutionId" = $2

-- name: names
SELECT "id" AS id, "name" AS name FROM "User"
WHERE "id" = ANY($1::text[]) AND "institutionId" = $2 AND "name" IS NOT NULL

-- name: exams
SELECT e."id" AS id, e."title" AS title, c."code" AS course_code, c."name" AS course_name
FROM "Exam" e JOIN "Course" c ON c."id" = e."courseId"
WHERE c."institutionId" = $1 AND e."archivedAt" IS NULL AND c."archivedAt" IS NULL
ORDER BY c."code", e."title", e."id"

-- name: taught
-- Whoever teaches a class teaches those below it, and its exams are those of the classes above it too. An exam that
-- names no class, or the hidden one, is its whole course's, and whoever teaches the hidden one teaches the whole course.
WITH RECURSIVE taught AS (
    SELECT k."id" AS id, k."parentId" AS parent_id, k."courseId" AS course_id, k."name" = $3 AS whole
    FROM "Enrollment" n JOIN "Class" k ON k."id" = n."classId" WHERE n."userId" = $1 AND n."role" = 'TEACHER'
), below AS (
    SELECT id FROM taught UNION SELECT k."id" FROM "Class" k JOIN below ON k."parentId" = below.id
), above AS (
    SELECT id, parent_id FROM taught UNION SELECT k."id", k."parentId" FROM "Class" k JOIN above ON k."id" = above.parent_id
), asked AS (
    SELECT e."id" AS id, e."courseId" AS course_id, e."authorId" AS author_id,
           ARRAY(SELECT k FROM "Exam" v, unnest(coalesce(v."classIds", '{}') || v."classId") k
                 WHERE (v."id" = e."id" OR v."parentExamId" = e."id") AND k IS NOT NULL) AS class_ids
    FROM "Exam" e WHERE e."id" = ANY($2::text[])
)
SELECT id FROM asked
WHERE author_id = $1
    OR class_ids && ARRAY(SELECT id FROM below UNION SELECT id FROM above)
    OR EXISTS (SELECT FROM taught WHERE taught.course_id = asked.course_id AND (whole
        OR class_ids = '{}' OR EXISTS (SELECT FROM "Class" k WHERE k."id" = ANY(class_ids) AND k."name" = $3)))

-- name: teachers
SELECT u."id" AS id, u."name" AS name, u."email" AS email, u."role"::text AS role,
       i."id" AS institution_id, i."name" AS institution
FROM "User" u JOIN "Institution" i ON i."id" = u."institutionId"
WHERE u."role" IN ('TEACHER', 'SCHOOL_ADMIN', 'PLATFORM_ADMIN') AND u."archivedAt" IS NULL
ORDER BY i."name", u."role" DESC, u."name"

-- name: classes
SELECT "id" AS id, "name" AS name, "parentId" AS parent_id, "archivedAt" IS NOT NULL AS archived FROM "Class"
WHERE "courseId" = $1 ORDER BY "name", "id"

-- name: members
SELECT n."classId" AS class_id, u."id" AS id, u."name" AS name, u."email" AS email,
       u."archivedAt" IS NOT NULL OR k."archivedAt" IS NOT NULL AS archived
FROM "Enrollment" n JOIN "Class" k ON k."id" = n."classId" JOIN "User" u ON u."id" = n."userId"
WHERE k."courseId" = $1 AND n."role" = 'STUDENT'

-- name: attempts
-- Those in progress, too.
SELECT a."id" AS id, a."examId" AS exam_id, a."studentId" AS student_id, a."status"::text AS status, a."submittedAt" AS submitted_at,
       u."name" AS name, u."email" AS email
FROM "Attempt" a JOIN "User" u ON u."id" = a."studentId" JOIN "Exam" e ON e."id" = a."examId"
WHERE e."id" = $1 OR e."parentExamId" = $1

-- name: answers
-- What each answer was given: the question's own grade, and of each part its grade or, where it has none, its content,
-- from which one can tell whether something was written; of a long text the beginning suffices. Each table is read once:
-- Correcta has no index on foreign keys.
WITH answered AS (
    SELECT w."id" AS id, w."attemptId" AS attempt_id, w."questionId" AS question_id, q."type" AS type
    FROM "Answer" w JOIN "Attempt" a ON a."id" = w."attemptId" JOIN "Exam" e ON e."id" = a."examId"
    JOIN "Question" q ON q."id" = w."questionId"
    WHERE e."id" = $1 OR e."parentExamId" = $1
), whole AS (
    SELECT DISTINCT ON (g."answerId") g."answerId" AS id, g."score" AS score
    FROM "Grade" g JOIN answered ON answered.id = g."answerId" WHERE g."answerSegmentId" IS NULL
    ORDER BY g."answerId", g."id"
), parts AS (
    SELECT DISTINCT ON (s."id") s."answerId" AS id, s."segmentId" AS segment_id, s."content" AS content,
           g."score" AS score
    FROM "AnswerSegment" s JOIN answered ON answered.id = s."answerId"
    LEFT JOIN "Grade" g ON g."answerSegmentId" = s."id" ORDER BY s."id", g."id"
)
SELECT answered.attempt_id, whole.score, answered.type = 'MCQ' AS is_mcq,
       array_agg(parts.score ORDER BY p."order", p."id") AS scores,
       array_agg(CASE WHEN parts.score IS NOT NULL THEN ''
                      WHEN length(parts.content) > 1000 AND parts.content ~ '[[:alnum:]]' THEN left(parts.content, 100)
                      ELSE coalesce(parts.content, '') END ORDER BY p."order", p."id") AS contents
FROM answered LEFT JOIN "QuestionSegment" p ON p."questionId" = answered.question_id
LEFT JOIN parts ON parts.id = answered.id AND parts.segment_id = p."id"
LEFT JOIN whole ON whole.id = answered.id
GROUP BY answered.id, answered.attempt_id, answered.type, whole.score

-- name: variants
-- The exam, first, and its variants.
SELECT "id" AS id, "title" AS title, array_remove(coalesce("classIds", '{}') || "classId", NULL) AS class_ids
FROM "Exam" WHERE "id" = $1 OR "parentExamId" = $1 ORDER BY "id" = $1 DESC, "id"

-- name: sections
SELECT "id" AS id, "examId" AS exam_id, "introContent" AS intro
FROM "ExamSection" WHERE "examId" = ANY($1::text[]) ORDER BY "examId", "order", "id"

-- name: questions
SELECT q."id" AS id, q."sectionId" AS section_id, q."content" AS content, q."type"::text AS type,
       q."requireAllCorrect" AS require_all_correct, q."maxPoints" AS max_points
FROM "Question" q JOIN "ExamSection" s ON s."id" = q."sectionId"
WHERE s."examId" = ANY($1::text[]) ORDER BY q."sectionId", q."order", q."id"

-- name: segments
SELECT p."questionId" AS question_id, p."instruction" AS instruction, p."maxPoints" AS max_points,
       p."isCorrect" AS is_correct
FROM "QuestionSegment" p JOIN "Question" q ON q."id" = p."questionId" JOIN "ExamSection" s ON s."id" = q."sectionId"
WHERE s."examId" = ANY($1::text[]) ORDER BY p."questionId", p."order", p."id"

-- name: points
-- What each question is worth: its own points and those of its segments.
SELECT q."type" = 'MCQ' AS is_mcq, q."maxPoints" AS own, array_agg(p."maxPoints") AS segments
FROM "Question" q JOIN "ExamSection" s ON s."id" = q."sectionId"
LEFT JOIN "QuestionSegment" p ON p."questionId" = q."id"
WHERE s."examId" = $1 GROUP BY q."id", q."type", q."maxPoints"
