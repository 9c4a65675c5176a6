/** Rounds of a comparison: enough for a median that one noisy round cannot move. */
export const roundsDefault = 7;
export const roundsQuick = 2;

/** Measured time of one contender in one round, and the unmeasured time before it: the compiler needs about a second. */
export const measureMsDefault = 1000;
export const measureMsQuick = 250;
export const warmUpMsDefault = 1000;
export const warmUpMsQuick = 150;

/** A contender that has not finished its round by then has failed. */
export const roundMsMax = 300_000;

/** Unmeasured time before a row of the array: five threads each compile their own copy of the code. */
export const arrayWarmUpMsDefault = 5000;
export const arrayWarmUpMsQuick = 1000;
