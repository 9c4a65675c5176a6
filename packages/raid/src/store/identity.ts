/** Which array a drive belongs to, which drive of it this is, and how the array is laid out. Only members are ever added. */
export interface DriveIdentity {
  /** 32 hexadecimal digits. */
  readonly arrayId: string;
  /** 32 hexadecimal digits. */
  readonly driveId: string;
  /** The member (node slot) this drive belongs to. */
  readonly member: number;
  /** All members of the array, ascending. */
  readonly members: readonly number[];
  readonly data: number;
  /** Members the array can lose, and parity slots of a group where a put does not ask for another technique. */
  readonly parity: 1 | 2;
  readonly unitBlocks: number;
  readonly extentBlocks: number;
}

/** What a drive last knew of the array. */
export interface ArrayView {
  /** Rises with every opening and with every member that stops. */
  readonly epoch: number;
  /** The members that were up in this epoch. */
  readonly live: readonly number[];
  /** All members of the array from this view on; where omitted, those there were. */
  readonly members?: readonly number[] | undefined;
  /** Those of them that have not caught up yet with what was written while they were away. Default: none. */
  readonly returning?: readonly number[] | undefined;
}
