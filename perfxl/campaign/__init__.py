"""The officer's year: roster, plan, issue, outbox and what comes back, in one campaign folder."""
