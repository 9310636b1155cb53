/* SPDX-License-Identifier: GPL-2.0-only */
/* xen-vmcore: what an operator asks first about a crash of Xen. */

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "outdir.h"

/* Exit status. */
enum {
    WHOLE = 0,                  /* A report that lacks nothing */
    LACKING = 1,                /* A report, which says what it lacks */
    NOTHING = 2,                /* No report, and why on stderr */
};

static const char help[] =
    "Usage: xen-vmcore [OPTION]... VMCORE [XEN-SYMS]\n"
    "Say why and where Xen crashed: from /proc/vmcore in the crash kernel, or\n"
    "from an ELF dump (cp /proc/vmcore, makedumpfile -X -E).\n"
    "\n"
    "  -j, --json               for programs\n"
    "  -l, --last=N             of the console and of dom0's log, the last N\n"
    "                           lines\n"
    "  -o, --outdir=DIR         write files as well: xen.log, domN.log,\n"
    "                           xen.pcpuN.stack.log, report.txt, report.json\n"
    "  -d, --dom0-symbols=FILE  names for dom0's stacks: a System.map or vmlinux;\n"
    "                           default: the table in dom0's kernel\n"
    "  -w, --stack-words        all words on each CPU's stack\n"
    "  -h, --help               this text\n"
    "\n"
    "With XEN-SYMS, of the same build: lines of source, stacks by call frame\n"
    "information, livepatches.  The default is what is installed for the build\n"
    "id below /usr/lib/debug/.build-id; if nothing is, function names come from\n"
    "the dump, and stacks are guesses.\n"
    "\n"
    "Exit status: 0 for a whole report, 1 for one that lacks something that\n"
    "it names, 2 for none, or if it could not be written.\n";

struct options {
    const char *vmcore, *xensyms, *outdir, *dom0_symbols;
    bool json, stack_words;
    unsigned int last;
};

static int failed(const char *what, struct text *error)
{
    fprintf(stderr, "xen-vmcore: %s%s%s\n", what, *what ? ": " : "",
            text_get(error));
    text_free(error);

    return NOTHING;
}

/* On the standard output first: a target of files may hang. */
static int print(const struct report *report, const struct options *options)
{
    int status = report->dump->problems.used ? LACKING : WHOLE;
    struct text error = {};

    if ( options->json )
        report_print_json(report, stdout);
    else
        report_print_text(report, options->last, stdout);
    if ( fflush(stdout) || ferror(stdout) )
    {
        text_add(&error, "%s", strerror(errno));
        status = failed("standard output", &error);
    }
    if ( options->outdir &&
         !outdir_write(report, options->outdir, &error) )
        status = failed("", &error);

    return status;
}

static int run(const struct options *options)
{
    struct report report;
    struct text error = {};
    struct dump dump;
    int status;

    if ( !dump_open(&dump, options->vmcore, options->xensyms, &error) )
        return failed(options->vmcore, &error);

    report_make(&dump, options->dom0_symbols, &report);
    report.stack_words = options->stack_words;
    status = print(&report, options);
    report_free(&report);
    dump_close(&dump);

    return status;
}

static bool parse_number(const char *text, unsigned int *number)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, 10);
    if ( errno || *end || *text < '0' || *text > '9' || value > 1u << 30 )
        return false;
    *number = value;

    return true;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        { "json", no_argument, NULL, 'j' },
        { "last", required_argument, NULL, 'l' },
        { "outdir", required_argument, NULL, 'o' },
        { "dom0-symbols", required_argument, NULL, 'd' },
        { "stack-words", no_argument, NULL, 'w' },
        { "help", no_argument, NULL, 'h' },
        {},
    };
    struct options options = {};
    int option;

    while ( (option = getopt_long(argc, argv, "jl:o:d:wh", names,
                                  NULL)) != -1 )
        switch ( option )
        {
        case 'j':
            options.json = true;
            break;

        case 'l':
            if ( !parse_number(optarg, &options.last) )
            {
                fprintf(stderr, "xen-vmcore: --last=%s: not a number\n",
                        optarg);
                return NOTHING;
            }
            break;

        case 'o':
            options.outdir = optarg;
            break;

        case 'd':
            options.dom0_symbols = optarg;
            break;

        case 'w':
            options.stack_words = true;
            break;

        case 'h':
            fputs(help, stdout);
            return WHOLE;

        default:
            fputs(help, stderr);
            return NOTHING;
        }

    if ( argc - optind < 1 || argc - optind > 2 )
    {
        fputs(help, stderr);
        return NOTHING;
    }

    options.vmcore = argv[optind];
    options.xensyms = argv[optind + 1];     /* NULL behind the last one */

    return run(&options);
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
