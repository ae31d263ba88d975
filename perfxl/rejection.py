"""Why a file could not be judged 拒收: codes, and the words and remedy for each."""

from __future__ import annotations

from .noun import NamedTuple


class Rejected(Exception):  # noqa: N818 - a verdict on a file, not a fault of the program
    """A file that cannot be judged: a code of ``REJECTIONS`` and where it was met."""

    def __init__(self, code: str, where: str = "") -> None:
        if code not in REJECTIONS:
            raise ValueError(f"unknown rejection code {code}")
        super().__init__(code, where)
        self.code = code
        self.where = where


class Words(NamedTuple):
    """What is said of a rejection, and what to do about it, in both languages."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_SAVE_AS_XLSX = (
    "请在 Excel 或 WPS 中打开，另存为 .xlsx 后重发。",
    "Open it in Excel or WPS, save it as .xlsx, and send it again.",
)
_RESAVE = (
    "请在 Excel 或 WPS 中打开原件，另存为新的 .xlsx 后重发；打不开时请从备份或下发的空表重新填写。",
    "Open the original in Excel or WPS and save it as a new .xlsx; if it does not open, fill in the issued form again.",
)
_COPY_INTO_FORM = (
    "请把内容抄入下发的表格后重发，不要在表中粘贴整张工作表。",
    "Copy the content into the form as issued and send that; do not paste whole sheets into it.",
)
_SHRINK = (
    "请删除数据下方和右侧的空白格式行、列，并去掉插入的图片后另存，再重发。",
    "Delete the empty formatted rows below and columns beside the data, remove pictures, save and send it again.",
)
_SAVE_FROM_EXCEL = (
    "请用 Excel 或 WPS 打开后另存为新的 .xlsx，再重发。",
    "Open it in Excel or WPS, save it as a new .xlsx, and send it again.",
)
_ASK = (
    "请确认这份文件是本单位自己填写的，并改用下发的空表重新填写后发送。",
    "Make sure your own unit made this file; fill in the form as issued and send that.",
)


def _words(zh: str, en: str, remedy: tuple[str, str]) -> Words:
    return Words(zh, en, *remedy)


REJECTIONS: dict[str, Words] = {
    # What the content is, whatever the name says.
    "EMPTY_FILE": _words(
        "文件是空的，里面没有任何内容。",
        "The file is empty.",
        (
            "请检查网盘是否已同步完成，或附件是否上传完整，然后重发。",
            "Check that the file has finished syncing or uploading, then send it again.",
        ),
    ),
    "OFFICE_LOCK_FILE": _words(
        "这是打开表格时自动产生的临时文件，不是表格本身。",
        "This is the temporary file that appears beside an open workbook, not the workbook.",
        (
            "请先关闭表格，再发送名称中不带 ~$ 的那一份。",
            "Close the workbook, then send the file whose name does not begin with ~$.",
        ),
    ),
    "SHORTCUT": _words(
        "这是一个快捷方式，不是表格本身。",
        "This is a shortcut, not the workbook.",
        ("请找到快捷方式指向的表格文件，发送那一份。", "Find the file that the shortcut points to and send that."),
    ),
    "ENCRYPTED": _words(
        "文件设有打开密码，无法读取。",
        "The file has a password to open it.",
        (
            "请打开文件，取消打开密码，保存后重发。",
            "Open the file, remove the password to open, save it and send it again.",
        ),
    ),
    "WRONG_PASSWORD": _words(
        "文件设有打开密码，所给的密码打不开它。",
        "The file has a password to open it, and the one given does not.",
        (
            "请核对密码文件中的密码（区分大小写），或取消打开密码后重发。",
            "Check the password in the password file (case counts), or send the file without one.",
        ),
    ),
    "LEGACY_XLS_OR_ET": _words(
        "这是旧格式的表格（.xls 或 .et）。", "This is a workbook in the old format (.xls or .et).", _SAVE_AS_XLSX
    ),
    "XLSB": _words("这是二进制格式的表格（.xlsb）。", "This is a binary workbook (.xlsb).", _SAVE_AS_XLSX),
    "ODS": _words("这是 OpenDocument 格式的表格（.ods）。", "This is an OpenDocument sheet (.ods).", _SAVE_AS_XLSX),
    "NUMBERS": _words(
        "这是苹果 Numbers 的表格。",
        "This is an Apple Numbers document.",
        (
            "请在 Numbers 中选择“文件 - 导出为 - Excel”，发送导出的 .xlsx。",
            "In Numbers choose File, Export To, Excel, and send the .xlsx.",
        ),
    ),
    "XML2003": _words("这是 2003 版的 XML 表格。", "This is an XML spreadsheet of 2003.", _SAVE_AS_XLSX),
    "HTML_AS_EXCEL": _words(
        "这是网页格式的文件，只是名称像表格。", "This is a web page with the name of a workbook.", _SAVE_AS_XLSX
    ),
    "TEXT_OR_CSV": _words(
        "这是文本或 CSV 文件，不是 Excel 表格。", "This is a text or CSV file, not a workbook.", _COPY_INTO_FORM
    ),
    "NOT_A_WORKBOOK": _words(
        "这不是 Excel 表格。",
        "This is not an Excel workbook.",
        (
            "请发送填好的 .xlsx 表格；压缩包请先解压，图片、PDF 和 Word 文件不能代替。",
            "Send the completed .xlsx; unpack archives first. Pictures, PDF and Word files cannot replace it.",
        ),
    ),
    # The package.
    "FILE_TOO_LARGE": _words("文件太大，超过了上限。", "The file is larger than the limit.", _SHRINK),
    "BAD_ZIP": _words(
        "文件已损坏或没有传完整，打不开。", "The file is damaged or was not transferred completely.", _RESAVE
    ),
    "ZIP_BOMB": _words(
        "文件展开后异常庞大，为安全起见没有读取。",
        "The file would expand out of all proportion, so it was not read.",
        _SHRINK,
    ),
    "PART_TOO_LARGE": _words(
        "文件中有一部分异常庞大，常见原因是表下方有大量空白格式行。",
        "One part of the file is far too large, usually because of empty formatted rows below the data.",
        _SHRINK,
    ),
    "PACKAGE_TOO_LARGE": _words("文件展开后太大，超过了上限。", "The file expands beyond the limit.", _SHRINK),
    "TOO_MANY_PARTS": _words("文件里的内容过于零碎，超过了上限。", "The file has too many parts inside.", _SHRINK),
    "OVERLAPPING_PARTS": _words(
        "文件的内部结构不正常，为安全起见没有读取。",
        "The parts of the file overlap, so it was not read.",
        _RESAVE,
    ),
    "DUPLICATE_PART": _words(
        "文件里有重名的内容，不同软件会读出不同结果。",
        "The file holds two parts of one name; programs would read it differently.",
        _RESAVE,
    ),
    "BAD_PART_NAME": _words("文件里有不正常的名称。", "The file holds a part with an improper name.", _RESAVE),
    "ENCRYPTED_ZIP": _words(
        "文件被压缩软件加了密，无法读取。",
        "The file was encrypted by an archive program.",
        (
            "请用压缩软件解密后，发送原来的 .xlsx 表格。",
            "Decrypt it with the archive program and send the original .xlsx.",
        ),
    ),
    "ODD_COMPRESSION": _words(
        "文件用了表格软件不用的压缩方式。",
        "The file is compressed in a way that no spreadsheet program uses.",
        _SAVE_FROM_EXCEL,
    ),
    "NESTED_ARCHIVE": _words(
        "压缩包里还有压缩包。",
        "There is an archive inside the archive.",
        (
            "请全部解压后重新打成一个压缩包，或逐个发送表格。",
            "Unpack everything into one archive, or send the workbooks.",
        ),
    ),
    "TOO_MANY_FILES": _words(
        "压缩包里的文件太多，超过了上限。",
        "There are too many files in the archive.",
        ("请分成几个压缩包发送。", "Split it into several archives."),
    ),
    "MISSING_PART": _words("文件内容不完整，缺少必要的部分。", "A part that the workbook needs is missing.", _RESAVE),
    # The text of the parts.
    "DTD_FORBIDDEN": _words(
        "文件里有表格软件不会写入的内容，为安全起见没有读取。",
        "The file holds a document type definition, which no spreadsheet program writes; it was not read.",
        _ASK,
    ),
    "BAD_XML": _words("文件内容已损坏，读不下去。", "The content of the file is damaged.", _RESAVE),
    "XML_TOO_DEEP": _words(
        "文件的内部结构层数不正常，为安全起见没有读取。",
        "The content of the file is nested too deeply, so it was not read.",
        _RESAVE,
    ),
    "TOO_MANY_ELEMENTS": _words(
        "文件内容过多，常见原因是表下方有大量空白格式行。",
        "The file holds too much, usually empty formatted cells below the data.",
        _SHRINK,
    ),
    "TIME_LIMIT": _words("文件太复杂，读取超时。", "The file took too long to read.", _SHRINK),
    "MEMORY_LIMIT": _words("文件太复杂，内存不够读取。", "The file needs more memory than allowed.", _SHRINK),
    # The workbook.
    "XLM_MACRO": _words(
        "文件里有旧式宏表，为安全起见没有读取。",
        "The file holds an Excel 4 macro sheet, so it was not read.",
        ("请删除宏表，另存为 .xlsx 后重发。", "Delete the macro sheet, save it as .xlsx and send it again."),
    ),
    "NO_SHEETS": _words("文件里没有工作表。", "The workbook has no worksheet.", _RESAVE),
    "TOO_MANY_SHEETS": _words(
        "工作表太多，超过了上限。",
        "The workbook has too many sheets.",
        ("请只保留要上报的工作表后重发。", "Keep only the sheets to be returned, and send it again."),
    ),
    "SHEET_UNRESOLVED": _words("有一张工作表的内容找不到。", "The content of a sheet cannot be found.", _RESAVE),
    "TOO_MANY_NAMES": _words("文件里的定位名称太多，超过了上限。", "The workbook has too many names.", _COPY_INTO_FORM),
    "TOO_MANY_STYLES": _words(
        "单元格格式太多，超过了上限。", "The workbook has too many cell formats.", _COPY_INTO_FORM
    ),
    "TOO_MANY_STRINGS": _words("文字内容太多，超过了上限。", "The workbook holds too many texts.", _COPY_INTO_FORM),
    "TOO_MUCH_TEXT": _words("文字总量太大，超过了上限。", "The workbook holds too much text.", _COPY_INTO_FORM),
    "TEXT_TOO_LONG": _words(
        "有一个单元格的文字超过了 Excel 的上限（32767 字）。",
        "A cell holds more text than Excel allows (32,767 characters).",
        ("请把这个单元格的文字写短后重发。", "Shorten the text of that cell and send it again."),
    ),
    "TOO_MANY_CELLS": _words("有内容的单元格太多，超过了上限。", "Too many cells have content.", _COPY_INTO_FORM),
    "BAD_CELL_REF": _words(
        "有单元格的位置写错了，读不出来。", "A cell states a position that does not exist.", _RESAVE
    ),
    "CELL_ROW_MISMATCH": _words(
        "有单元格的行号前后不一致。", "A cell states another row than the one it stands in.", _RESAVE
    ),
    "DUPLICATE_CELL": _words("同一个单元格出现了两次内容。", "One cell has content twice.", _RESAVE),
    "BAD_STRING_INDEX": _words("有单元格的文字找不到。", "The text of a cell cannot be found.", _RESAVE),
    # The form.
    "NOT_OUR_FORM": _words(
        "没有认出这是哪一种自评表。",
        "This is no form that perfxl knows.",
        (
            "请使用下发的自评表填写（绩效目标申报表、运行监控表不是自评表）；如属其他版式，请用 --form 指定表格定义。",
            "Fill in the self-evaluation form as issued (one of targets or of monitoring is another form); for another "
            "layout name its definition with --form FILE.toml.",
        ),
    ),
    "UNKNOWN_FORM": _words(
        "表上标明的版式没有安装。",
        "The form that the file names is not installed.",
        ("请用 --form FILE.toml 指定这种表格的定义文件。", "Name the definition of that form with --form FILE.toml."),
    ),
    "UNREADABLE": _words(
        "文件打不开，可能没有权限，或正被其他程序占用。",
        "The file cannot be opened: no permission, or another program holds it.",
        (
            "请关闭正在使用它的程序，检查权限后重试。",
            "Close the program that uses it, check permissions, and try again.",
        ),
    ),
    "AMBIGUOUS_SHEET": _words(
        "有两张工作表都像是要填报的那一张，无法确定以哪张为准。",
        "Two sheets both look like the form; which one counts cannot be told.",
        ("请只保留要上报的那一张后重发。", "Keep only the one to be returned, and send it again."),
    ),
    "LAYOUT_CHANGED": _words(
        "表格的版式被改动过，无法确定每个数填在哪一项。",
        "The layout was changed; which figure belongs to which item cannot be told.",
        (
            "请把内容抄回下发的原表，不要增删或移动行、列，然后重发。",
            "Copy the content back into the form as issued, without adding, deleting or moving rows or columns.",
        ),
    ),
}

NOTES: dict[str, tuple[str, str]] = {
    "HAS_MACROS": ("文件含有宏；宏没有运行。", "The file holds macros; they were not run."),
    "HAS_EMBEDDED_OBJECTS": (
        "文件嵌有其他文件或控件；没有打开。",
        "The file embeds other files or controls; not opened.",
    ),
    "EXTERNAL_LINKS": ("文件引用了其他文件的数据；没有读取。", "The file links to other files; they were not read."),
    "COMMENTS": ("表中有批注；批注不参与核验。", "The file has comments; they are not judged."),
    "CELL_IMAGES": ("单元格里放了图片；图片不参与核验。", "Pictures stand in cells; they are not judged."),
    "FAR_CELL": ("离表格很远的地方有内容。", "There is content far away from the form."),
    "BROKEN_UNNEEDED_PART": ("文件有一部分已损坏，但不影响核验。", "A part of the file is damaged; it was not needed."),
    "BROKEN_NAME": ("表格自带的一个定位名称失效了。", "A name by which a field is found is broken."),
    "ORPHAN_SHARED_FORMULA": ("有单元格的公式内容缺失。", "The text of a formula is missing."),
    "MERGES_DROPPED": (
        "有合并单元格没有记下（过多或位置有误）。",
        "Merged cells were left out: too many, or misplaced.",
    ),
    "DATE_1904": ("文件使用 1904 年日期系统。", "The file counts dates from 1904."),
    "FIELDS_MOVED": (
        "行或列被移动过，各栏目已在新位置找到。",
        "Rows or columns were moved; the fields were found where they stand now.",
    ),
    "ROWS_SORTED": (
        "指标行的次序被改动过，已按下发的指标名称对应。",
        "The indicator rows were put into another order; they were matched by what was issued.",
    ),
    "ROW_ADDED": ("指标之间增加了行，已作为指标读取。", "A row was added between the indicators; it was read as one."),
    "OTHER_EDITION": (
        "这是另一版次的表格；已读取，没有与下发内容比对。",
        "This is another edition of the form; it was read, but not compared with what was issued.",
    ),
    "FORMULAS_NOT_READ": (
        "这种文件格式读不到公式，公式是否被改没有核验；请尽量发送 .xlsx。",
        "This file format gives no formulas, so that nobody checked whether they were altered; prefer .xlsx.",
    ),
    "FORM_DELETED": ("下发的一张自评表不见了。", "One of the forms issued in this workbook is gone."),
    "SHEET_COPIED": (
        "自评表被复制过；以填报的一张为准，其余没有核验。",
        "The form was copied; the copy that is filled in was judged, the others were not.",
    ),
}
