/** What every verb that speaks of stored objects is given. */
export interface ObjectArguments {
  /** The directory that is served. */
  readonly store: string;
  readonly json?: boolean;
}

export interface PutArguments extends ObjectArguments {
  /** `none`, `mirror`, `N+1` or `N+2`; where omitted, that of the store. */
  readonly technique?: string;
}
