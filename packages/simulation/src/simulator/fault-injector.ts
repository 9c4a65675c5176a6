import { delaySteps, faultTickMs } from '../limits.ts';
import type { ChoiceStream } from './choices.ts';
import { ends, perTick } from './fault-plan.ts';
import type { LiveDisks } from './live-disks.ts';
import { faultMs, type LiveNetwork } from './live-network.ts';
import type { LiveNode } from './live-node.ts';
import type { Stage } from './stage.ts';

const nodeFaults = ['crash', 'pause', 'rot', 'clockJump'] as const;
const linkFaults = ['clog', 'cutOneWay', 'cutBothWays', 'linkDown', 'suspect'] as const;

/** What the injector needs done to a node. */
export interface NodeControl {
  crash(node: LiveNode): void;
  restart(node: LiveNode): void;
  jumpClock(node: LiveNode, ms: number): void;
}

/** Looks at every node and link once a tick and lets some of them fail for a while. */
export class FaultInjector {
  readonly #stage: Stage;
  readonly #network: LiveNetwork;
  readonly #disks: LiveDisks;
  readonly #control: NodeControl;
  readonly #nodeChoices: ChoiceStream[];
  readonly #linkChoices: ChoiceStream[];
  readonly #nodeEnds: number[];
  readonly #linkEnds: number[];

  constructor(stage: Stage, links: number, network: LiveNetwork, disks: LiveDisks, control: NodeControl) {
    this.#stage = stage;
    this.#network = network;
    this.#disks = disks;
    this.#control = control;
    this.#nodeChoices = stage.nodes.map(({ number }) => stage.choices.stream(`faults of node ${number}`));
    this.#linkChoices = Array.from({ length: links }, (_, link) => stage.choices.stream(`faults of link ${link}`));
    const { rates } = stage.plan;
    this.#nodeEnds = ends(nodeFaults.map((fault) => perTick(rates[fault])));
    this.#linkEnds = ends(linkFaults.map((fault) => perTick(rates[fault])));
  }

  start(): void {
    const mayFail = [...this.#nodeEnds, ...this.#linkEnds].some((end) => end > 0);
    if (mayFail) this.#stage.after(faultTickMs, () => this.#tick());
  }

  #tick(): void {
    if (!this.#stage.safety) return;
    for (const node of this.#stage.nodes) this.#failNode(node);
    for (const link of this.#linkChoices.keys()) this.#failLink(link);
    this.#stage.after(faultTickMs, () => this.#tick());
  }

  #failNode(node: LiveNode): void {
    const choices = this.#nodeChoices[node.number]!;
    const drawn = choices.weighted(this.#nodeEnds);
    if (drawn === 0 || !node.up) return;
    const fault = nodeFaults[drawn - 1]!;
    if (fault === 'rot') {
      if (this.#disks.rot(node)) this.#stage.count('rot');
      return;
    }
    const down = this.#stage.nodes.filter(({ up }) => !up).length;
    if (fault === 'crash' && (down >= this.#stage.plan.downMax || node.spec.immortal === true)) return;
    this.#stage.count(fault);
    const ms = faultMs(choices.choose(delaySteps));
    if (fault === 'clockJump') {
      this.#control.jumpClock(node, ms);
      return;
    }
    if (fault === 'pause') {
      // A pause is never cut short: what waits for its end would be overtaken.
      node.pausedUntilNs = Math.max(node.pausedUntilNs, Math.round(this.#stage.nowNs + ms * 1e6));
      this.#stage.tell(() => `${node.spec.name} does nothing for ${ms.toFixed(1)} ms`);
      return;
    }
    this.#control.crash(node);
    this.#stage.after(ms, () => {
      if (node.up) return;
      this.#stage.count('restart');
      this.#control.restart(node);
    });
  }

  #failLink(link: number): void {
    const choices = this.#linkChoices[link]!;
    const drawn = choices.weighted(this.#linkEnds);
    if (drawn === 0) return;
    const fault = linkFaults[drawn - 1]!;
    const ms = faultMs(choices.choose(delaySteps));
    if (this.#fail(fault, link, ms, choices)) this.#stage.count(fault);
  }

  #fail(fault: (typeof linkFaults)[number], link: number, ms: number, choices: ChoiceStream): boolean {
    switch (fault) {
      case 'clog':
        this.#network.clog(link, ms);
        return true;
      case 'cutOneWay':
        this.#network.cut([2 * link + choices.choose(2)], ms);
        return true;
      case 'cutBothWays':
        this.#network.cut([2 * link, 2 * link + 1], ms);
        return true;
      case 'linkDown':
        return this.#network.break(link, ms);
      case 'suspect':
        return this.#network.suspect(2 * link + choices.choose(2), ms);
    }
  }
}
