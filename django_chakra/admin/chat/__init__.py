"""Conversations as people read a chat: an inbox, and a thread for each conversation.

| module | |
| --- | --- |
| ``inbox`` ``rows`` | which conversations a page of the inbox has, and what a row shows |
| ``thread`` ``bubbles`` | a slice of a conversation, and what the bubble of a message shows |
| ``said`` ``reading`` ``letters`` ``files`` ``parts`` | from a message to the parts of its bubble |
| ``names`` ``links`` | what the viewer is told of people, and where links lead |
| ``live`` ``cursors`` ``windows`` | tokens of what is new, places in lists, the 24-hour window |
| ``views`` | the pages, and what they post |
"""
