/* SPDX-License-Identifier: Apache-2.0 */
/* The summary of allData, for the decoder of the PDU. */
#ifndef GB_GOOSE_VALUES_H
#define GB_GOOSE_VALUES_H

#include <goose-bridge/pdu.h>

/* Fills in pdu->entries and pdu->values from pdu->all_data, up to the first value that makes no sense: the same ones that a
 * walk gives out.
 */
enum gb_pdu_error values_summarise(struct gb_pdu *pdu);

#endif
