"""Faults of who may see what in the admin."""

from .fault import Fault

SHOWING = [
    Fault(
        "a plain column is shown as it is",
        "admin/base.py",
        "        return columns.get(name, name)",
        "        return name",
    ),
    Fault(
        "numbers in texts are shown",
        "admin/masks.py",
        "found[0] == str(keep) else number(found[0])",
        "found[0] == str(keep) else found[0]",
    ),
    Fault(
        "ids that hold a number are shown",
        "admin/masks.py",
        "_CODE.sub(lambda found: _code(found[0]), given)",
        "given",
    ),
    Fault(
        "base64 is looked into from its first letter alone",
        "admin/masks.py",
        "for start in range(4):",
        "for start in range(1):",
    ),
    Fault(
        "a name of a state has numbers in an attribute",
        "admin/render.py",
        "        printable(value),\n",
        "        value,\n",
    ),
    Fault(
        "half of a number is shown",
        "admin/render.py",
        'Truncator(" ".join(printable(text).split())).chars(length)',
        'printable(Truncator(" ".join(text.split())).chars(length))',
    ),
    Fault(
        "titles have the number",
        "admin/base.py",
        'context |= {"original": render.Named(row), "subtitle": render.said(row)}',
        "pass",
    ),
    Fault(
        "the title of a history has the number",
        "admin/base.py",
        'response.context_data = {**context, "object": render.Named(row), "title": title}',
        "pass",
    ),
    Fault(
        "a box to tick has the number for its name",
        "admin/base.py",
        "action_checkbox(render.Named(obj))",
        "action_checkbox(obj)",
    ),
    Fault(
        "the history has the number",
        "admin/base.py",
        "        if self.is_ours:\n            return row, words",
        "        if row:\n            return row, words",
    ),
    Fault(
        "messages after actions have the number",
        "admin/base.py",
        "super().message_user(request, render.said(message), ",
        "super().message_user(request, message, ",
    ),
    Fault(
        "files are saved under the number",
        "admin/media.py",
        "response(request, media, name=shown_name(media))",
        "response(request, media)",
    ),
    Fault(
        "a search confirms a number",
        "admin/base.py",
        "is_blind = self.finds_people and not",
        "is_blind = not self.finds_people and not",
    ),
    Fault(
        "conditions of one's own guess at columns",
        "admin/base.py",
        "if not sight.of(request).is_whole:",
        "if False:",
    ),
    Fault(
        "payloads are for everybody",
        "admin/render.py",
        "return json_block(value) if sight.current().payloads else",
        "return json_block(value) if value else",
    ),
    Fault(
        "bodies are for everybody",
        "admin/render.py",
        "    if not sight.current().payloads:",
        "    if not body:",
    ),
    Fault(
        "what is no JSON is shown with its numbers",
        "admin/render.py",
        "        if not sight.current().numbers:\n            # In bytes",
        "        if False:\n            # In bytes",
    ),
    Fault(
        "a page leaves its sight behind",
        "admin/sight.py",
        "_current.reset(token)",
        "pass",
    ),
    Fault(
        "rows of other accounts are shown",
        "admin/base.py",
        "if accounts is None or not self.account_column:",
        "if True:",
    ),
    Fault(
        "filters and forms name other accounts",
        "admin/filters.py",
        "if sight.current().sees(alias)]",
        "]",
    ),
    Fault(
        "templates of other accounts are edited",
        "admin/templating.py",
        "row = page.get_queryset(request).filter(pk=pk).first()",
        "row = MessageTemplate.objects.filter(pk=pk).first()",
    ),
    Fault(
        "the platform is asked for other accounts",
        "admin/numbers.py",
        "get_object_or_404(self.get_queryset(request), pk=pk)",
        "get_object_or_404(BusinessNumber, pk=pk)",
    ),
    Fault(
        "actions on calls and failures leave no history",
        "admin/base.py",
        "                self.log_change(request, row, words)\n                done",
        "                done",
    ),
]
