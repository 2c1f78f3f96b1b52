/** Query parameters; one that is repeated is an array. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A page, or why there is none. */
export type Page = { readonly body: object } | { readonly status: 400 | 404; readonly error: string };
