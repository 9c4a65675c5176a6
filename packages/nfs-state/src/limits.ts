/** Places of the queue of pages to be written that may be used up before the rest is moved to the front. */
export const readyQueueSlackPages = 4096;
