"""placeholder"""
from contracts.graded_exam import GradedExam
from datetime import datetime, UTC
TOUS_LES_CONTENUS = GradedExam.model_validate({"exam":{"id":"x","title":"x","institution":{"id":"i","name":"n"},"course":{"code":"c","name":"n"}},"asOf":datetime(2025,12,1,tzinfo=UTC)})
