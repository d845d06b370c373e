"""Texts, packed for keeping: most are short, so zlib is told beforehand what occurs in all of them.

`WORDS` must never change: what was packed with them can only be unpacked with the same.
"""

import zlib

WORDS = (
    b'"detail":"flags":[{"quote":"reason":"rule":"restricted_topic.outside_policy."c'
    b'onsequential_request.{\\"text\\": \\"language\\": \\"{\\"category\\": \\"\\", \\"confide'
    b'nce\\": 0.9, \\"summary\\": \\"\\", \\"language\\": \\"en\\", \\"flags\\": [], \\"claims\\"'
    b': [], \\"details\\": []}"{"answer":"{"text":"Hello,\\n\\nThank you for your messag'
    b'e.\\n\\nCould you please tell us \\n\\nKind regards,\\n"}{"assessment":{"category":'
    b'"","claims":[],"confidence":1.0,"details":[],"flags":[],"language":"en","summa'
    b'ry":"{"stops":[{"fact":null,"quote":"","rule":"missing_data","low_confidence",'
    b'"source":"floor","model","topic":null}]}{"kind":"draft","name":"draft_reply","'
    b'reply"},{"assignee":"","created_from":null,"fields":{"key_field":"","kind":"cr'
    b'eate","name":"create_task",{"hand_over":{"assignee":"U0","done":"With this mes'
    b'sage: tag. Not done: ","headline":"","item_id":"","next_step":"Decide ","page"'
    b':"version ","reasons":[{"fact":null,"quote":"","words":"Nothing found: "],"rep'
    b'ly":"Email ","request":"","wants":null,"who":[["Name",""],["Email",""],["Phone'
    b'","(on the record only)"],},"kind":"post","name":"escalate","team":"{"actions"'
    b':[{"fields":{"unclear","Stopped by "},"kind":"update","name":"tag","object":""'
    b',"record_id":"{"related":[{"fields":{"AccountId":"001","Email":"","Name":"{"Is'
    b'Active":true,"Name":""},"id":"005000000000"object":"User"}]}{"record":{"fields'
    b'":{"Country":"United States","CreatedDate":"2026-01-01T00:00:00.000+0000","Des'
    b'cription":"Hi,\\n\\nWe are looking for ","Email":".com","FirstName":"","Industry'
    b'":"","LastName":"","LeadSource":"Web","NumberOfEmployees":null,"OwnerId":"005"'
    b',"Phone":null,"Title":"","Website":"https://www."},"id":"00Q","object":"'
)


def packed(text: str) -> bytes:
    """A text in less room."""
    packing = zlib.compressobj(zdict=WORDS)
    return packing.compress(text.encode()) + packing.flush()


def unpacked(kept: bytes) -> str:
    """The text again; of what somebody has spoilt, whatever is left of it."""
    try:
        return zlib.decompressobj(zdict=WORDS).decompress(kept).decode(errors="replace")
    except zlib.error:
        return ""
