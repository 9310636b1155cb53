/* SPDX-License-Identifier: GPL-2.0-only */

#include <string.h>

#include "../unit.h"

#include "reported.h"

struct made made;
struct result result;

int reported_end(void **state)
{
    made_result_free(&result);
    made_end(&made);

    return 0;
}

void report(int status)
{
    made_result_free(&result);
    made_end(&made);
    result = made_report(&made);
    if ( result.status != status )
        fail_msg("status %d\n%s%s", result.status, text_get(&result.error),
                 result.text ? result.text : "");
}

void says(const char *text)
{
    if ( !strstr(result.text, text) )
        fail_msg("\"%s\" is not in\n%s", text, result.text);
}

void never_says(const char *text)
{
    if ( strstr(result.text, text) )
        fail_msg("\"%s\" is in\n%s", text, result.text);
}

void json_says(const char *text)
{
    if ( !strstr(result.json, text) )
        fail_msg("\"%s\" is not in\n%s", text, result.json);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
