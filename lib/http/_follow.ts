import type { AllowList } from "./_allow_list.ts";
import type { Call } from "./_call.ts";
import { follow, type Outgoing, redirectTarget } from "./_outgoing.ts";
import {
  type Answer,
  type Sender,
  sendRequest,
  type Standing,
} from "./_send.ts";
import { checkTarget } from "./_target.ts";
import { RedirectError } from "./errors.ts";

/** How one call treats redirects. */
export interface FollowOptions {
  call: Call;
  standing: Standing;
  allow: AllowList;
  redirect: RequestRedirect;
  maxRedirects: number;
}

/** Sends a request and follows where it leads; each URL is checked anew. */
export async function sendAndFollow(
  sender: Sender,
  request: Outgoing,
  { call, standing, allow, redirect, maxRedirects }: FollowOptions,
): Promise<{ request: Outgoing; answer: Answer }> {
  const { chain } = call;
  const seen = new Set<string>();
  for (;;) {
    checkTarget(request.url, allow);
    seen.add(`${request.method} ${request.url.href}`);
    const answer = await sendRequest(sender, { call, request, standing });
    const { status, headers } = answer;
    const target = redirectTarget(request, status, headers);
    if (target === undefined || redirect === "manual") {
      return { request, answer };
    }
    if (redirect === "error") {
      throw new RedirectError(
        chain,
        `it answered ${status}, and "redirect" is "error"`,
      );
    }
    if (typeof target === "string") {
      throw new RedirectError(
        chain,
        `its Location "${target.slice(0, 200)}" is no URL`,
      );
    }
    if (chain.length > maxRedirects) {
      throw new RedirectError(chain, `over ${maxRedirects} redirects`);
    }
    request = follow(request, { status, target, chain });
    await answer.discard();
    sender.figures.redirects++;
    chain.push(target);
    if (seen.has(`${request.method} ${target.href}`)) {
      throw new RedirectError(chain, "it leads in a circle");
    }
  }
}
