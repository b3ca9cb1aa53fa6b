import type pg from "pg";

/** A prompt's version as readers get it. */
export interface StoredVersion {
  readonly id: string;
  readonly bundleId: string;
  readonly name: string;
  readonly version: number;
  readonly body: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly changedAt: string;
}

/** Writes the texts of one bundle's prompts, inside a transaction that it has opened. */
export interface BodyWriter {
  /** Begins the write transaction, and reads what a write must know inside it. May throw `WriteAgain`. */
  begin(client: pg.PoolClient): Promise<void>;
  /** Adds the next version and returns its number. The caller holds the prompt's row lock. */
  append(client: pg.PoolClient, prompt: string, body: string, author: string): Promise<number>;
  /**
   * Changes the newest version in place and returns its number; undefined where the newest is not `expected`. The caller
   * holds the prompt's row lock.
   */
  amend(
    client: pg.PoolClient,
    prompt: string,
    body: string,
    expected: number | null,
  ): Promise<number | undefined>;
}

/** How a release keeps the texts of prompts. */
export interface Bodies {
  /** Readies a write to a prompt of this bundle, before its transaction begins. */
  writer(pool: pg.Pool, tenant: string, bundle: string): Promise<BodyWriter>;
  /** One version, or the newest where `version` is null; undefined where there is none. */
  read(
    pool: pg.Pool,
    tenant: string,
    prompt: string,
    version: number | null,
  ): Promise<StoredVersion | undefined>;
}

/** Thrown by a writer whose preparation no longer fits: the transaction is rolled back and the write prepared again. */
export class WriteAgain extends Error {
  override readonly name = "WriteAgain";
}
