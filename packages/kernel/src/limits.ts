/** Effects one step may write. A kernel that needs more must split the work over several events. */
export const effectsPerStepMax = 65_536;
