"""汇总: from the returns of a campaign to the consolidated workbook, and to tables for people who analyse."""
