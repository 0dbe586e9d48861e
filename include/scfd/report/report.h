/* The report of an assessment for a credit officer: PDF or HTML, Chinese or English, the same bytes
 * whenever the same reader asks for it (docs/report.md). */
#ifndef SCFD_REPORT_ROOM_H
#define SCFD_REPORT_ROOM_H

#include "scfd/http/http.h"

extern const struct scf_route scf_report_routes[]; /* GET /v1/credit-assessments/{id}/report */
extern const size_t scf_report_route_count;

#endif
