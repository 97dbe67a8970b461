"""A QuestionnaireResponse against its Questionnaire, where that is at hand; else a plain *not checked*.

:mod:`.find` looks for the Questionnaire, :mod:`.items` walks both, :mod:`.enabled` decides what is asked,
:mod:`.answers` looks at one answer.
"""
