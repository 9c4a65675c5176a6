import type { Handle } from '@holdfast/kernel';
import type { PageIndex } from '@holdfast/runtime';

/* What kernels move is a handle, 0 being no bytes: the page that holds them, and one. */

export const handleOfPage = (page: PageIndex): Handle => page + 1;
export const pageOfHandle = (handle: Handle): PageIndex => handle - 1;
