"""Questions to the visitor."""

from nicegui import ui

from app.web.words import Words


async def confirmed(words: Words, question: str, action: str) -> bool:
    """Ask whether something may be done."""
    with _dialog(action) as dialog, ui.card():
        ui.label(question)
        _choices(dialog, words("cancel"), action)
    answer = await dialog
    dialog.delete()
    return answer is True


async def written(words: Words, name: str, label: str, value: str) -> str | None:
    """Ask for a line of text; None when the visitor would rather not."""
    with _dialog(name) as dialog, ui.card():
        field = ui.input(label, value=value).props("autofocus")
        field.on("keydown.enter", lambda: dialog.submit(True))
        _choices(dialog, words("cancel"), words("save"))
    answer = await dialog
    text: str = field.value
    dialog.delete()
    return text if answer is True else None


def _dialog(name: str) -> ui.dialog:
    dialog = ui.dialog(value=True)
    dialog.props["aria-label"] = name
    return dialog


def _choices(dialog: ui.dialog, no: str, yes: str) -> None:
    with ui.row().classes("choices"):
        ui.button(no, on_click=lambda: dialog.submit(False)).props("flat no-caps")
        ui.button(yes, on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
