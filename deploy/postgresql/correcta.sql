-- What the services read of Correcta's tables, column by column. Written by `make rights` from their statements.
-- Run after roles.sql, in the database of CORRECTA_DATABASE_URL, by the tables' owner, in one transaction
-- (psql --single-transaction); again after an upgrade, and after a migration of Correcta that makes one of these tables
-- anew. Tables in another schema than `public`: PGOPTIONS='-c search_path=THEIRS'.
DO $$
DECLARE
    roles text := 'exports_gateway, exports_renderer, exports_webhooks';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO ' || roles, current_schema());
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM ' || roles, current_schema());
END $$;

GRANT SELECT ("attemptId", "id", "questionId")
    ON "Answer" TO exports_gateway;
GRANT SELECT ("answerId", "content", "id", "segmentId")
    ON "AnswerSegment" TO exports_gateway;
GRANT SELECT ("examId", "id", "status", "studentId", "submittedAt")
    ON "Attempt" TO exports_gateway;
GRANT SELECT ("archivedAt", "courseId", "id", "name", "parentId")
    ON "Class" TO exports_gateway;
GRANT SELECT ("archivedAt", "code", "id", "institutionId", "name")
    ON "Course" TO exports_gateway;
GRANT SELECT ("classId", "role", "userId")
    ON "Enrollment" TO exports_gateway;
GRANT SELECT ("archivedAt", "authorId", "classId", "classIds", "courseId", "id", "parentExamId", "title")
    ON "Exam" TO exports_gateway;
GRANT SELECT ("examId", "id", "introContent", "order")
    ON "ExamSection" TO exports_gateway;
GRANT SELECT ("answerId", "answerSegmentId", "id", "score")
    ON "Grade" TO exports_gateway;
GRANT SELECT ("id", "name", "settings")
    ON "Institution" TO exports_gateway;
GRANT SELECT ("content", "id", "maxPoints", "order", "requireAllCorrect", "sectionId", "type")
    ON "Question" TO exports_gateway;
GRANT SELECT ("id", "instruction", "isCorrect", "maxPoints", "order", "questionId")
    ON "QuestionSegment" TO exports_gateway;
GRANT SELECT ("archivedAt", "email", "id", "institutionId", "name", "role")
    ON "User" TO exports_gateway;
GRANT SELECT ("attemptId", "id", "questionId")
    ON "Answer" TO exports_renderer;
GRANT SELECT ("answerId", "content", "id", "segmentId")
    ON "AnswerSegment" TO exports_renderer;
GRANT SELECT ("examId", "id", "status", "studentId", "submittedAt")
    ON "Attempt" TO exports_renderer;
GRANT SELECT ("archivedAt", "courseId", "id", "name", "parentId")
    ON "Class" TO exports_renderer;
GRANT SELECT ("code", "id", "institutionId", "name")
    ON "Course" TO exports_renderer;
GRANT SELECT ("classId", "role", "userId")
    ON "Enrollment" TO exports_renderer;
GRANT SELECT ("classId", "classIds", "courseId", "description", "id", "parentExamId", "title")
    ON "Exam" TO exports_renderer;
GRANT SELECT ("customLabel", "examId", "id", "introContent", "isDefault", "order", "title")
    ON "ExamSection" TO exports_renderer;
GRANT SELECT ("aiRationale", "answerId", "answerSegmentId", "feedback", "gradedByUserId", "id", "isOverridden", "score")
    ON "Grade" TO exports_renderer;
GRANT SELECT ("ctid", "gradeId", "newScore", "originalScore")
    ON "HarmonizationDetail" TO exports_renderer;
GRANT SELECT ("id", "name", "settings")
    ON "Institution" TO exports_renderer;
GRANT SELECT ("content", "customLabel", "id", "maxPoints", "order", "requireAllCorrect", "sectionId", "type")
    ON "Question" TO exports_renderer;
GRANT SELECT ("id", "instruction", "isCorrect", "maxPoints", "order", "questionId")
    ON "QuestionSegment" TO exports_renderer;
GRANT SELECT ("criteria", "id", "levels", "segmentId")
    ON "Rubric" TO exports_renderer;
GRANT SELECT ("archivedAt", "email", "id", "name")
    ON "User" TO exports_renderer;
GRANT SELECT ("archivedAt", "email", "id", "institutionId", "name")
    ON "User" TO exports_webhooks;
