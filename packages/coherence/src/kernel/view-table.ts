import { type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

const afterMarkers = impossible('nobody sends it before the marker of every member, this one too, has arrived there');
const afterReports = impossible('nobody sends it before the reports of every member, this one too, have arrived there');
const afterVerdicts = impossible(
  'nobody resumes before the verdicts of every member, this one too, have arrived there',
);
const marked = impossible('a member marks an epoch once, and all markers are here');
const reported = impossible('a member reports once, and all reports are here');
const verdictsIn = impossible('a member decides once, and all verdicts are here');
const drained = impossible('the markers of all members are here, and after its marker a member sends nothing older');
const overtaken = ignored('it belongs to a change of view that another one took the place of');
const formerLife = ignored('it was meant for the one that this node was before it died');
const notHere = impossible('a node outside the view is sent nothing but the marker of the view that it joins');
const notAhead = impossible('its sender cannot be there before the marker of this node');

const always = { view: handled, object: handled };

/**
 * Rows are the phases, for messages of the present epoch and for all that is no message; `old` and `ahead` are for those
 * of earlier and later epochs. What an object makes of an event is in the table of objects.
 */
export const viewTable: CellTable = {
  open: { ...always, MARKER: marked, REPORT: reported, VERDICT: verdictsIn, OBJECT: handled },
  draining: { ...always, MARKER: handled, REPORT: handled, VERDICT: afterReports, OBJECT: afterVerdicts },
  gathering: { ...always, MARKER: marked, REPORT: handled, VERDICT: handled, OBJECT: afterVerdicts },
  settling: { ...always, MARKER: marked, REPORT: reported, VERDICT: handled, OBJECT: handled },
  outside: { ...always, MARKER: notHere, REPORT: notHere, VERDICT: notHere, OBJECT: formerLife },
  /** Objects whose default owner stays while a node joins or prepares to leave. */
  staying: { object: handled, OBJECT: handled },
  'old, open': { MARKER: drained, REPORT: drained, VERDICT: drained, OBJECT: drained },
  'old, draining': { MARKER: overtaken, REPORT: overtaken, VERDICT: overtaken, OBJECT: handled },
  'old, gathering': { MARKER: drained, REPORT: drained, VERDICT: drained, OBJECT: drained },
  'old, settling': { MARKER: drained, REPORT: drained, VERDICT: drained, OBJECT: drained },
  'old, outside': { MARKER: notHere, REPORT: notHere, VERDICT: notHere, OBJECT: notHere },
  'ahead, open': { MARKER: handled, REPORT: afterMarkers, VERDICT: afterMarkers, OBJECT: notAhead },
  'ahead, draining': { MARKER: handled, REPORT: afterMarkers, VERDICT: afterMarkers, OBJECT: notAhead },
  'ahead, gathering': { MARKER: handled, REPORT: afterMarkers, VERDICT: afterMarkers, OBJECT: notAhead },
  'ahead, settling': { MARKER: handled, REPORT: afterMarkers, VERDICT: afterMarkers, OBJECT: notAhead },
  'ahead, outside': { MARKER: handled, REPORT: afterMarkers, VERDICT: afterMarkers, OBJECT: notAhead },
};
