-- What is read of Correcta's own tables; never written.

-- name: user
SELECT "role"::text AS role, "institutionId" AS institution_id, "archivedAt" IS NOT NULL AS archived, "name" AS name
FROM "User" WHERE "id" = $1

-- name: exam
-- Variants of a common exam belong to it.
SELECT e."id" AS id, e."title" AS title, e."courseId" AS course_id, c."name" AS course_name, c."code" AS course_code,
       ARRAY(SELECT DISTINCT k FROM "Exam" v, unnest(coalesce(v."classIds", '{}') || v."classId") k
             WHERE (v."id" = e."id" OR v."parentExamId" = e."id") AND k IS NOT NULL) AS class_ids
FROM "Exam" e JOIN "Course" c ON c."id" = e."courseId"
WHERE e."id" = $1 AND c."institutionId" = $2

-- name: class_ids
SELECT "id" FROM "Class" WHERE "courseId" = $1 AND "id" = ANY($2::text[])

-- name: titles
SELECT e."id" AS id, e."title" AS title FROM "Exam" e JOIN "Course" c ON c."id" = e."courseId"
WHERE e."id" = ANY($1::text[]) AND c."institutionId" = $2

-- name: exams
SELECT e."id" AS id, e."title" AS title, c."code" AS course_code, c."name" AS course_name
FROM "Exam" e JOIN "Course" c ON c."id" = e."courseId"
WHERE c."institutionId" = $1 AND e."archivedAt" IS NULL AND c."archivedAt" IS NULL
ORDER BY c."code", e."title", e."id"

-- name: teachers
SELECT u."id" AS id, u."name" AS name, u."email" AS email, u."role"::text AS role,
       i."id" AS institution_id, i."name" AS institution
FROM "User" u JOIN "Institution" i ON i."id" = u."institutionId"
WHERE u."role" IN ('TEACHER', 'SCHOOL_ADMIN', 'PLATFORM_ADMIN') AND u."archivedAt" IS NULL
ORDER BY i."name", u."role" DESC, u."name"

-- name: classes
SELECT "id" AS id, "name" AS name, "parentId" AS parent_id FROM "Class"
WHERE "courseId" = $1 AND "archivedAt" IS NULL ORDER BY "name", "id"

-- name: members
SELECT n."classId" AS class_id, u."id" AS id, u."name" AS name, u."email" AS email
FROM "Enrollment" n JOIN "Class" k ON k."id" = n."classId" JOIN "User" u ON u."id" = n."userId"
WHERE k."courseId" = $1 AND n."role" = 'STUDENT' AND u."archivedAt" IS NULL

-- name: attempts
SELECT a."id" AS id, a."studentId" AS student_id, a."status"::text AS status, a."submittedAt" AS submitted_at,
       u."name" AS name, u."email" AS email
FROM "Attempt" a JOIN "User" u ON u."id" = a."studentId" JOIN "Exam" e ON e."id" = a."examId"
WHERE (e."id" = $1 OR e."parentExamId" = $1) AND a."status" <> 'IN_PROGRESS'

-- name: totals
-- A question's grade, or the sum of its parts' where it was graded part by part. Each table is read once: Correcta has
-- no index on foreign keys.
WITH answers AS (
    SELECT w."id" AS id, w."attemptId" AS attempt_id
    FROM "Answer" w JOIN "Attempt" a ON a."id" = w."attemptId" JOIN "Exam" e ON e."id" = a."examId"
    WHERE e."id" = $1 OR e."parentExamId" = $1
), whole AS (
    SELECT DISTINCT ON (g."answerId") g."answerId" AS id, g."score"::numeric AS score
    FROM "Grade" g JOIN answers ON answers.id = g."answerId" WHERE g."answerSegmentId" IS NULL
    ORDER BY g."answerId", g."id"
), parts AS (
    SELECT s."answerId" AS id, sum(g."score"::numeric) AS score
    FROM "AnswerSegment" s JOIN answers ON answers.id = s."answerId"
    JOIN "Grade" g ON g."answerSegmentId" = s."id" GROUP BY s."answerId"
)
SELECT answers.attempt_id, sum(coalesce(whole.score, parts.score)) AS total
FROM answers LEFT JOIN whole USING (id) LEFT JOIN parts USING (id)
GROUP BY answers.attempt_id

-- name: maximum
SELECT coalesce(sum(coalesce(q."maxPoints"::numeric, parts.points, 0)), 0) AS maximum
FROM "Question" q JOIN "ExamSection" s ON s."id" = q."sectionId"
LEFT JOIN (
    SELECT p."questionId" AS question_id, sum(
        CASE WHEN o."type" = 'MCQ' THEN greatest(p."maxPoints", 0) ELSE p."maxPoints" END::numeric) AS points
    FROM "QuestionSegment" p JOIN "Question" o ON o."id" = p."questionId" GROUP BY p."questionId"
) parts ON parts.question_id = q."id"
WHERE s."examId" = $1
