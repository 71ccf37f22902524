/** Answer codes that a line group may choose from; 180 keeps ringing until the caller gives up. */
export const answerCodes = [486, 480, 603, 180] as const;
export type AnswerCode = (typeof answerCodes)[number];

/** What a call gets that no rule forwards and no phone takes. */
export interface Answers {
  readonly busy: AnswerCode;
  readonly noPhone: AnswerCode;
  readonly declined: AnswerCode;
  readonly dnd: AnswerCode;
}

/** What a group answers unless it says otherwise. */
export const defaultAnswers: Answers = { busy: 486, noPhone: 486, declined: 486, dnd: 486 };
