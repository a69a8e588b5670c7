import {ServerInterceptingCall, type ServerInterceptor, status} from '@grpc/grpc-js';

/** A call that is over. */
export interface EndedCall {
  readonly path: string;
  readonly code: number;
  readonly durationMs: number;
}

/** Tells of every call how it ended and how long it took. Belongs before all others: they refuse, too. */
export const timeCalls =
  (ended: (call: EndedCall) => void): ServerInterceptor =>
  ({path}, call) => {
    const began = performance.now();
    let isOver = false;
    const end = (code: number): void => {
      if (!isOver) ended({path, code, durationMs: performance.now() - began});
      isOver = true;
    };
    return new ServerInterceptingCall(call, {
      start: next => next({onCancel: () => end(status.CANCELLED)}),
      sendStatus: (sent, next) => {
        end(sent.code);
        next(sent);
      },
    });
  };
