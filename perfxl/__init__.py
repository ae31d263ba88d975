"""perfxl: 财政项目支出绩效自评表, written locked, read back, and judged."""

__version__ = "0.1.0"
