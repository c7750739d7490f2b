<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
    <context>
        <name>AboutDialog</name>
        <message>
            <source>About SAM2MOT Annotator</source>
            <translation>About SAM2MOT Annotator</translation>
        </message>
        <message>
            <source>Apache License 2.0. Models have licences of their own.</source>
            <translation>Apache License 2.0. Models have licences of their own.</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Copy</translation>
        </message>
        <message>
            <source>Copy the versions, for a report of a fault</source>
            <translation>Copy the versions, for a report of a fault</translation>
        </message>
        <message>
            <source>Tracks objects through videos, so that you only correct them.</source>
            <translation>Tracks objects through videos, so that you only correct them.</translation>
        </message>
    </context>
    <context>
        <name>AttributeEditor</name>
        <message>
            <source>Add</source>
            <translation>Add</translation>
        </message>
        <message>
            <source>Attributes say more of a track than its class does: a team, an age, a state</source>
            <translation>Attributes say more of a track than its class does: a team, an age, a state</translation>
        </message>
        <message>
            <source>Choice</source>
            <translation>Choice</translation>
        </message>
        <message>
            <source>Default</source>
            <translation>Default</translation>
        </message>
        <message>
            <source>Kind</source>
            <translation>Kind</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>Number</source>
            <translation>Number</translation>
        </message>
        <message>
            <source>Of</source>
            <translation>Of</translation>
        </message>
        <message>
            <source>Options</source>
            <translation>Options</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>Remove</translation>
        </message>
        <message>
            <source>Text</source>
            <translation>Text</translation>
        </message>
        <message>
            <source>Yes or no</source>
            <translation>Yes or no</translation>
        </message>
        <message>
            <source>attribute {0}</source>
            <translation>attribute {0}</translation>
        </message>
        <message>
            <source>every class</source>
            <translation>every class</translation>
        </message>
        <message>
            <source>of a choice only</source>
            <translation>of a choice only</translation>
        </message>
        <message>
            <source>option 1</source>
            <translation>option 1</translation>
        </message>
        <message>
            <source>option 2</source>
            <translation>option 2</translation>
        </message>
        <message>
            <source>red, green, blue</source>
            <translation>red, green, blue</translation>
        </message>
    </context>
    <context>
        <name>BoxClipboard</name>
        <message>
            <source>Copy boxes</source>
            <translation>Copy boxes</translation>
        </message>
        <message>
            <source>Copy the boxes of the selected tracks in this frame</source>
            <translation>Copy the boxes of the selected tracks in this frame</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Edit</translation>
        </message>
        <message>
            <source>Nothing to copy: select a track that has a box in this frame</source>
            <translation>Nothing to copy: select a track that has a box in this frame</translation>
        </message>
        <message>
            <source>Nothing to paste: copy a box of this video first</source>
            <translation>Nothing to paste: copy a box of this video first</translation>
        </message>
        <message>
            <source>Paste boxes</source>
            <translation>Paste boxes</translation>
        </message>
        <message>
            <source>Put the copied boxes into this frame</source>
            <translation>Put the copied boxes into this frame</translation>
        </message>
    </context>
    <context>
        <name>CheatSheet</name>
        <message>
            <source>Choose a range</source>
            <translation>Choose a range</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Close</translation>
        </message>
        <message>
            <source>Ctrl+drag</source>
            <translation>Ctrl+drag</translation>
        </message>
        <message>
            <source>Ctrl+wheel</source>
            <translation>Ctrl+wheel</translation>
        </message>
        <message>
            <source>End what was begun</source>
            <translation>End what was begun</translation>
        </message>
        <message>
            <source>Esc</source>
            <translation>Esc</translation>
        </message>
        <message>
            <source>Go there on the timeline</source>
            <translation>Go there on the timeline</translation>
        </message>
        <message>
            <source>Keys and gestures</source>
            <translation>Keys and gestures</translation>
        </message>
        <message>
            <source>Mouse</source>
            <translation>Mouse</translation>
        </message>
        <message>
            <source>Move or resize the selected box</source>
            <translation>Move or resize the selected box</translation>
        </message>
        <message>
            <source>New box</source>
            <translation>New box</translation>
        </message>
        <message>
            <source>Pan</source>
            <translation>Pan</translation>
        </message>
        <message>
            <source>Play; pan while held</source>
            <translation>Play; pan while held</translation>
        </message>
        <message>
            <source>Save as PDF</source>
            <translation>Save as PDF</translation>
        </message>
        <message>
            <source>Save as PDF…</source>
            <translation>Save as PDF…</translation>
        </message>
        <message>
            <source>Select, add to the selection</source>
            <translation>Select, add to the selection</translation>
        </message>
        <message>
            <source>Shift+drag on the timeline</source>
            <translation>Shift+drag on the timeline</translation>
        </message>
        <message>
            <source>Space</source>
            <translation>Space</translation>
        </message>
        <message>
            <source>Zoom at the pointer</source>
            <translation>Zoom at the pointer</translation>
        </message>
        <message>
            <source>Zoom the timeline</source>
            <translation>Zoom the timeline</translation>
        </message>
        <message>
            <source>click</source>
            <translation>click</translation>
        </message>
        <message>
            <source>click, Shift+click</source>
            <translation>click, Shift+click</translation>
        </message>
        <message>
            <source>drag it or a handle</source>
            <translation>drag it or a handle</translation>
        </message>
        <message>
            <source>drag, middle drag</source>
            <translation>drag, middle drag</translation>
        </message>
        <message>
            <source>wheel</source>
            <translation>wheel</translation>
        </message>
    </context>
    <context>
        <name>ClassMap</name>
        <message>
            <source>Add</source>
            <translation>Add</translation>
        </message>
        <message>
            <source>Becomes</source>
            <translation>Becomes</translation>
        </message>
        <message>
            <source>Detector's class</source>
            <translation>Detector's class</translation>
        </message>
        <message>
            <source>Name of a detector's class</source>
            <translation>Name of a detector's class</translation>
        </message>
        <message>
            <source>Runs that begin from now on take these over. Classes that are not listed keep their names.</source>
            <translation>Runs that begin from now on take these over. Classes that are not listed keep their names.</translation>
        </message>
        <message>
            <source>keeps its name</source>
            <translation>keeps its name</translation>
        </message>
        <message>
            <source>nothing: it is dropped</source>
            <translation>nothing: it is dropped</translation>
        </message>
    </context>
    <context>
        <name>CommandPalette</name>
        <message>
            <source>No action is called that</source>
            <translation>No action is called that</translation>
        </message>
        <message>
            <source>Search actions</source>
            <translation>Search actions</translation>
        </message>
        <message>
            <source>What do you want to do?</source>
            <translation>What do you want to do?</translation>
        </message>
    </context>
    <context>
        <name>Crash</name>
        <message>
            <source>Copy report</source>
            <translation>Copy report</translation>
        </message>
        <message>
            <source>Open log folder</source>
            <translation>Open log folder</translation>
        </message>
        <message>
            <source>Something went wrong in the program: {0}</source>
            <translation>Something went wrong in the program: {0}</translation>
        </message>
        <message>
            <source>The project is safe: every finished step is in its file. The log is {0}.</source>
            <translation>The project is safe: every finished step is in its file. The log is {0}.</translation>
        </message>
    </context>
    <context>
        <name>Docks</name>
        <message>
            <source>History</source>
            <translation>History</translation>
        </message>
        <message>
            <source>Inspector</source>
            <translation>Inspector</translation>
        </message>
        <message>
            <source>Log</source>
            <translation>Log</translation>
        </message>
        <message>
            <source>Tracks</source>
            <translation>Tracks</translation>
        </message>
    </context>
    <context>
        <name>ExportController</name>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
        </message>
        <message>
            <source>Export is finished</source>
            <translation>Export is finished</translation>
        </message>
        <message>
            <source>Export labels…</source>
            <translation>Export labels…</translation>
        </message>
        <message>
            <source>Exported {0} boxes of {1} tracks into {2}</source>
            <translation>Exported {0} boxes of {1} tracks into {2}</translation>
        </message>
        <message>
            <source>Exporting {0}</source>
            <translation>Exporting {0}</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>Frames</source>
            <translation>Frames</translation>
        </message>
        <message>
            <source>Left out</source>
            <translation>Left out</translation>
        </message>
        <message>
            <source>The export was cancelled; no file was changed</source>
            <translation>The export was cancelled; no file was changed</translation>
        </message>
        <message>
            <source>Tracks</source>
            <translation>Tracks</translation>
        </message>
        <message>
            <source>Videos</source>
            <translation>Videos</translation>
        </message>
        <message>
            <source>Write the tracks in a label format</source>
            <translation>Write the tracks in a label format</translation>
        </message>
        <message>
            <source>Written as {0} and read back.</source>
            <translation>Written as {0} and read back.</translation>
        </message>
    </context>
    <context>
        <name>ExportDialog</name>
        <message>
            <source>All {0} videos</source>
            <translation>All {0} videos</translation>
        </message>
        <message>
            <source>Boxes without a mask are left out.</source>
            <translation>Boxes without a mask are left out.</translation>
        </message>
        <message>
            <source>Cannot hold: {0}.</source>
            <translation>Cannot hold: {0}.</translation>
        </message>
        <message>
            <source>Choose a folder</source>
            <translation>Choose a folder</translation>
        </message>
        <message>
            <source>Export</source>
            <translation>Export</translation>
        </message>
        <message>
            <source>Export into a folder</source>
            <translation>Export into a folder</translation>
        </message>
        <message>
            <source>Export labels</source>
            <translation>Export labels</translation>
        </message>
        <message>
            <source>Folder</source>
            <translation>Folder</translation>
        </message>
        <message>
            <source>Format</source>
            <translation>Format</translation>
        </message>
        <message>
            <source>Frames</source>
            <translation>Frames</translation>
        </message>
        <message>
            <source>Lost or changed: {0}.</source>
            <translation>Lost or changed: {0}.</translation>
        </message>
        <message>
            <source>This video ({0})</source>
            <translation>This video ({0})</translation>
        </message>
        <message>
            <source>Videos</source>
            <translation>Videos</translation>
        </message>
        <message>
            <source>classes</source>
            <translation>classes</translation>
        </message>
        <message>
            <source>identities</source>
            <translation>identities</translation>
        </message>
        <message>
            <source>ignore regions</source>
            <translation>ignore regions</translation>
        </message>
        <message>
            <source>ignored tracks</source>
            <translation>ignored tracks</translation>
        </message>
        <message>
            <source>masks</source>
            <translation>masks</translation>
        </message>
        <message>
            <source>no folder is named: say where the files are to go</source>
            <translation>no folder is named: say where the files are to go</translation>
        </message>
        <message>
            <source>occlusion</source>
            <translation>occlusion</translation>
        </message>
        <message>
            <source>overlapping masks</source>
            <translation>overlapping masks</translation>
        </message>
        <message>
            <source>scores</source>
            <translation>scores</translation>
        </message>
        <message>
            <source>to</source>
            <translation>to</translation>
        </message>
    </context>
    <context>
        <name>ExportFields</name>
        <message>
            <source>Also boxes between a person's boxes</source>
            <translation>Also boxes between a person's boxes</translation>
        </message>
        <message>
            <source>Class numbers</source>
            <translation>Class numbers</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Count pixels from 1</source>
            <translation>Count pixels from 1</translation>
        </message>
        <message>
            <source>Digits of picture names</source>
            <translation>Digits of picture names</translation>
        </message>
        <message>
            <source>For validation</source>
            <translation>For validation</translation>
        </message>
        <message>
            <source>Masks</source>
            <translation>Masks</translation>
        </message>
        <message>
            <source>Number each video's tracks from 1 without gaps</source>
            <translation>Number each video's tracks from 1 without gaps</translation>
        </message>
        <message>
            <source>Of the frames</source>
            <translation>Of the frames</translation>
        </message>
        <message>
            <source>Only tracks that are marked as reviewed</source>
            <translation>Only tracks that are marked as reviewed</translation>
        </message>
        <message>
            <source>Read the result with the field's own reader</source>
            <translation>Read the result with the field's own reader</translation>
        </message>
        <message>
            <source>Replace files that others wrote</source>
            <translation>Replace files that others wrote</translation>
        </message>
        <message>
            <source>Shortest track</source>
            <translation>Shortest track</translation>
        </message>
        <message>
            <source>all, or names: person, car</source>
            <translation>all, or names: person, car</translation>
        </message>
        <message>
            <source>boxes</source>
            <translation>boxes</translation>
        </message>
        <message>
            <source>by name, or: person=1, car=3</source>
            <translation>by name, or: person=1, car=3</translation>
        </message>
        <message>
            <source>every</source>
            <translation>every</translation>
        </message>
        <message>
            <source>every frame</source>
            <translation>every frame</translation>
        </message>
        <message>
            <source>names of videos; the others are for training</source>
            <translation>names of videos; the others are for training</translation>
        </message>
        <message>
            <source>of any length</source>
            <translation>of any length</translation>
        </message>
        <message>
            <source>{0!r} names no class and number: write them as person=1</source>
            <translation>{0!r} names no class and number: write them as person=1</translation>
        </message>
    </context>
    <context>
        <name>Fields</name>
        <message>
            <source>(several)</source>
            <translation>(several)</translation>
        </message>
    </context>
    <context>
        <name>FilterControls</name>
        <message numerus="yes">
            <source>%n classes hidden</source>
            <translation>
                <numerusform>%n class hidden</numerusform>
                <numerusform>%n classes hidden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n states hidden</source>
            <translation>
                <numerusform>%n state hidden</numerusform>
                <numerusform>%n states hidden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n tracks hidden</source>
            <translation>
                <numerusform>%n track hidden</numerusform>
                <numerusform>%n tracks hidden</numerusform>
            </translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Everything is drawn</source>
            <translation>Everything is drawn</translation>
        </message>
        <message>
            <source>Filter</source>
            <translation>Filter</translation>
        </message>
        <message>
            <source>Filter: all</source>
            <translation>Filter: all</translation>
        </message>
        <message>
            <source>Filter: some hidden</source>
            <translation>Filter: some hidden</translation>
        </message>
        <message>
            <source>Hide other tracks</source>
            <translation>Hide other tracks</translation>
        </message>
        <message>
            <source>Hide selected tracks</source>
            <translation>Hide selected tracks</translation>
        </message>
        <message>
            <source>Least score</source>
            <translation>Least score</translation>
        </message>
        <message>
            <source>No classes yet</source>
            <translation>No classes yet</translation>
        </message>
        <message>
            <source>Show all</source>
            <translation>Show all</translation>
        </message>
        <message>
            <source>Show all tracks</source>
            <translation>Show all tracks</translation>
        </message>
        <message>
            <source>Show every track, label and state again</source>
            <translation>Show every track, label and state again</translation>
        </message>
        <message>
            <source>States of the machine's boxes</source>
            <translation>States of the machine's boxes</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
        <message>
            <source>lost</source>
            <translation>lost</translation>
        </message>
        <message>
            <source>pending</source>
            <translation>pending</translation>
        </message>
        <message>
            <source>reliable</source>
            <translation>reliable</translation>
        </message>
        <message>
            <source>scores from {0:.2f}</source>
            <translation>scores from {0:.2f}</translation>
        </message>
        <message>
            <source>suspicious</source>
            <translation>suspicious</translation>
        </message>
    </context>
    <context>
        <name>FirstMinute</name>
        <message>
            <source>Click an object in the picture, on the timeline or in the table: it is selected everywhere.</source>
            <translation>Click an object in the picture, on the timeline or in the table: it is selected everywhere.</translation>
        </message>
        <message>
            <source>Drag the selected box or one of its handles. {0} takes it back.</source>
            <translation>Drag the selected box or one of its handles. {0} takes it back.</translation>
        </message>
        <message>
            <source>First steps, {0} of {1}</source>
            <translation>First steps, {0} of {1}</translation>
        </message>
        <message>
            <source>Press Space to play. {0} and {1} step through frames.</source>
            <translation>Press Space to play. {0} and {1} step through frames.</translation>
        </message>
        <message>
            <source>Press {0}, then Run: every object is detected, segmented and tracked through the video.</source>
            <translation>Press {0}, then Run: every object is detected, segmented and tracked through the video.</translation>
        </message>
        <message>
            <source>{0} shows every key, {1} finds every action.</source>
            <translation>{0} shows every key, {1} finds every action.</translation>
        </message>
    </context>
    <context>
        <name>HelpMenu</name>
        <message>
            <source>About SAM2MOT Annotator</source>
            <translation>About SAM2MOT Annotator</translation>
        </message>
        <message>
            <source>All keys on one page</source>
            <translation>All keys on one page</translation>
        </message>
        <message>
            <source>Change keys…</source>
            <translation>Change keys…</translation>
        </message>
        <message>
            <source>Help</source>
            <translation>Help</translation>
        </message>
        <message>
            <source>Keys and gestures</source>
            <translation>Keys and gestures</translation>
        </message>
        <message>
            <source>No program could be started to show {0}; open it by hand</source>
            <translation>No program could be started to show {0}; open it by hand</translation>
        </message>
        <message>
            <source>Open a project with a short clip to try things on</source>
            <translation>Open a project with a short clip to try things on</translation>
        </message>
        <message>
            <source>Open log folder</source>
            <translation>Open log folder</translation>
        </message>
        <message>
            <source>Open the demo</source>
            <translation>Open the demo</translation>
        </message>
    </context>
    <context>
        <name>HintCard</name>
        <message>
            <source>Do not show this hint again</source>
            <translation>Do not show this hint again</translation>
        </message>
        <message>
            <source>No more hints</source>
            <translation>No more hints</translation>
        </message>
        <message>
            <source>Skip</source>
            <translation>Skip</translation>
        </message>
    </context>
    <context>
        <name>HistoryList</name>
        <message>
            <source>What you do is listed here. A click on a step goes back to it.</source>
            <translation>What you do is listed here. A click on a step goes back to it.</translation>
        </message>
    </context>
    <context>
        <name>HistoryModel</name>
        <message>
            <source>Beginning</source>
            <translation>Beginning</translation>
        </message>
        <message>
            <source>Step</source>
            <translation>Step</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>Time</translation>
        </message>
    </context>
    <context>
        <name>IgnoreRegions</name>
        <message>
            <source>Drag a rectangle, or click the corners of a region that must not count</source>
            <translation>Drag a rectangle, or click the corners of a region that must not count</translation>
        </message>
        <message>
            <source>Ignore region</source>
            <translation>Ignore region</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
    </context>
    <context>
        <name>ImportController</name>
        <message>
            <source>A job is running: import labels when it has ended, or cancel it</source>
            <translation>A job is running: import labels when it has ended, or cancel it</translation>
        </message>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
        </message>
        <message>
            <source>Bring tracks from a label file into the present video</source>
            <translation>Bring tracks from a label file into the present video</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Detections</source>
            <translation>Detections</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>Frames</source>
            <translation>Frames</translation>
        </message>
        <message>
            <source>Ignore regions</source>
            <translation>Ignore regions</translation>
        </message>
        <message>
            <source>Import is finished</source>
            <translation>Import is finished</translation>
        </message>
        <message>
            <source>Import labels…</source>
            <translation>Import labels…</translation>
        </message>
        <message>
            <source>Importing</source>
            <translation>Importing</translation>
        </message>
        <message>
            <source>Interpolated boxes</source>
            <translation>Interpolated boxes</translation>
        </message>
        <message>
            <source>Labels need a video to belong to: open it first, then import {0}</source>
            <translation>Labels need a video to belong to: open it first, then import {0}</translation>
        </message>
        <message>
            <source>Left out</source>
            <translation>Left out</translation>
        </message>
        <message>
            <source>Masks</source>
            <translation>Masks</translation>
        </message>
        <message>
            <source>The import was cancelled; nothing came in</source>
            <translation>The import was cancelled; nothing came in</translation>
        </message>
        <message>
            <source>Tracks</source>
            <translation>Tracks</translation>
        </message>
        <message>
            <source>Tracks with a new number</source>
            <translation>Tracks with a new number</translation>
        </message>
        <message>
            <source>as detections, which a run can track</source>
            <translation>as detections, which a run can track</translation>
        </message>
        <message>
            <source>as drawn by a person; undo takes all of it back</source>
            <translation>as drawn by a person; undo takes all of it back</translation>
        </message>
        <message>
            <source>as of a machine; undo takes all of it back</source>
            <translation>as of a machine; undo takes all of it back</translation>
        </message>
        <message>
            <source>none</source>
            <translation>none</translation>
        </message>
        <message>
            <source>{0} came into {1} from {2}, {3}.</source>
            <translation>{0} came into {1} from {2}, {3}.</translation>
        </message>
    </context>
    <context>
        <name>ImportDialog</name>
        <message>
            <source>As</source>
            <translation>As</translation>
        </message>
        <message>
            <source>Choose a file</source>
            <translation>Choose a file</translation>
        </message>
        <message>
            <source>Choose a folder</source>
            <translation>Choose a folder</translation>
        </message>
        <message>
            <source>Detections: boxes without identity, to be tracked</source>
            <translation>Detections: boxes without identity, to be tracked</translation>
        </message>
        <message>
            <source>Format</source>
            <translation>Format</translation>
        </message>
        <message>
            <source>Import</source>
            <translation>Import</translation>
        </message>
        <message>
            <source>Import labels</source>
            <translation>Import labels</translation>
        </message>
        <message>
            <source>Into</source>
            <translation>Into</translation>
        </message>
        <message>
            <source>Labels</source>
            <translation>Labels</translation>
        </message>
        <message>
            <source>Tracks drawn by a person: no later run replaces them</source>
            <translation>Tracks drawn by a person: no later run replaces them</translation>
        </message>
        <message>
            <source>Tracks of a machine: a later run may replace them</source>
            <translation>Tracks of a machine: a later run may replace them</translation>
        </message>
        <message>
            <source>Video in the file</source>
            <translation>Video in the file</translation>
        </message>
        <message>
            <source>a file or folder of labels</source>
            <translation>a file or folder of labels</translation>
        </message>
    </context>
    <context>
        <name>Inspector</name>
        <message>
            <source>Select a track to see and change what is known of it</source>
            <translation>Select a track to see and change what is known of it</translation>
        </message>
    </context>
    <context>
        <name>JobBar</name>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
        </message>
        <message>
            <source>Device and memory: of a GPU all that is taken, of the main memory this program's share</source>
            <translation>Device and memory: of a GPU all that is taken, of the main memory this program's share</translation>
        </message>
        <message>
            <source>Pause</source>
            <translation>Pause</translation>
        </message>
        <message>
            <source>Resume</source>
            <translation>Resume</translation>
        </message>
        <message>
            <source>loading</source>
            <translation>loading</translation>
        </message>
        <message>
            <source>stopping after this frame</source>
            <translation>stopping after this frame</translation>
        </message>
        <message>
            <source>{0} / {1}   {2:.1f} fps   {3} left</source>
            <translation>{0} / {1}   {2:.1f} fps   {3} left</translation>
        </message>
    </context>
    <context>
        <name>JobController</name>
        <message>
            <source>A run over {0} was interrupted after {1} of {2} frames.</source>
            <translation>A run over {0} was interrupted after {1} of {2} frames.</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
        </message>
        <message>
            <source>Detect, segment and track every object</source>
            <translation>Detect, segment and track every object</translation>
        </message>
        <message>
            <source>Go on where a cancelled or interrupted run stopped</source>
            <translation>Go on where a cancelled or interrupted run stopped</translation>
        </message>
        <message>
            <source>Pause or resume</source>
            <translation>Pause or resume</translation>
        </message>
        <message>
            <source>Resume</source>
            <translation>Resume</translation>
        </message>
        <message>
            <source>Resume the unfinished run</source>
            <translation>Resume the unfinished run</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Run</translation>
        </message>
        <message>
            <source>Stopped; finished frames are kept</source>
            <translation>Stopped; finished frames are kept</translation>
        </message>
        <message>
            <source>There is no unfinished run to resume</source>
            <translation>There is no unfinished run to resume</translation>
        </message>
        <message>
            <source>Track the whole video…</source>
            <translation>Track the whole video…</translation>
        </message>
        <message>
            <source>Tracking</source>
            <translation>Tracking</translation>
        </message>
        <message>
            <source>{0} is finished</source>
            <translation>{0} is finished</translation>
        </message>
    </context>
    <context>
        <name>JobDialog</name>
        <message>
            <source>; the detector alone takes about {0}</source>
            <translation>; the detector alone takes about {0}</translation>
        </message>
        <message>
            <source>Adaptive: from the scores of all frames</source>
            <translation>Adaptive: from the scores of all frames</translation>
        </message>
        <message>
            <source>Add to it</source>
            <translation>Add to it</translation>
        </message>
        <message>
            <source>Choose a file</source>
            <translation>Choose a file</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Detections</source>
            <translation>Detections</translation>
        </message>
        <message>
            <source>Detections from a file</source>
            <translation>Detections from a file</translation>
        </message>
        <message>
            <source>Detector</source>
            <translation>Detector</translation>
        </message>
        <message>
            <source>Device</source>
            <translation>Device</translation>
        </message>
        <message>
            <source>Download the weights first, or choose a model that is installed</source>
            <translation>Download the weights first, or choose a model that is installed</translation>
        </message>
        <message>
            <source>Existing tracks</source>
            <translation>Existing tracks</translation>
        </message>
        <message>
            <source>Fixed</source>
            <translation>Fixed</translation>
        </message>
        <message>
            <source>Frames</source>
            <translation>Frames</translation>
        </message>
        <message>
            <source>Propose only</source>
            <translation>Propose only</translation>
        </message>
        <message>
            <source>Replace what machines found</source>
            <translation>Replace what machines found</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Run</translation>
        </message>
        <message>
            <source>Segmentor</source>
            <translation>Segmentor</translation>
        </message>
        <message>
            <source>Text prompt</source>
            <translation>Text prompt</translation>
        </message>
        <message>
            <source>Threshold</source>
            <translation>Threshold</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>Time</translation>
        </message>
        <message>
            <source>Track the whole video</source>
            <translation>Track the whole video</translation>
        </message>
        <message>
            <source>Tracker</source>
            <translation>Tracker</translation>
        </message>
        <message>
            <source>about {0} for {1} frames ({2:.1f} per second in an earlier run here)</source>
            <translation>about {0} for {1} frames ({2:.1f} per second in an earlier run here)</translation>
        </message>
        <message>
            <source>all, or names: person, car</source>
            <translation>all, or names: person, car</translation>
        </message>
        <message>
            <source>best installed</source>
            <translation>best installed</translation>
        </message>
        <message>
            <source>none: run the detector</source>
            <translation>none: run the detector</translation>
        </message>
        <message>
            <source>to</source>
            <translation>to</translation>
        </message>
        <message>
            <source>unknown: these models have not run on this machine yet</source>
            <translation>unknown: these models have not run on this machine yet</translation>
        </message>
        <message>
            <source>what to find: person . red car .</source>
            <translation>what to find: person . red car .</translation>
        </message>
        <message>
            <source>{0} (demonstration)</source>
            <translation>{0} (demonstration)</translation>
        </message>
        <message>
            <source>{0} (to download, {1})</source>
            <translation>{0} (to download, {1})</translation>
        </message>
    </context>
    <context>
        <name>KeyEditor</name>
        <message>
            <source>Action</source>
            <translation>Action</translation>
        </message>
        <message>
            <source>Every action has its first keys again.</source>
            <translation>Every action has its first keys again.</translation>
        </message>
        <message>
            <source>Keep its other keys</source>
            <translation>Keep its other keys</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Keys</translation>
        </message>
        <message>
            <source>New key</source>
            <translation>New key</translation>
        </message>
        <message>
            <source>No key</source>
            <translation>No key</translation>
        </message>
        <message>
            <source>Reset</source>
            <translation>Reset</translation>
        </message>
        <message>
            <source>Reset all</source>
            <translation>Reset all</translation>
        </message>
        <message>
            <source>Search by name or key</source>
            <translation>Search by name or key</translation>
        </message>
        <message>
            <source>Take it over</source>
            <translation>Take it over</translation>
        </message>
        <message>
            <source>changed</source>
            <translation>changed</translation>
        </message>
        <message>
            <source>{0} belongs to “{1}” in the menu {2}.</source>
            <translation>{0} belongs to “{1}” in the menu {2}.</translation>
        </message>
        <message>
            <source>{0} has a meaning of its own: Space plays and pans, Esc ends what was begun. Press another key.</source>
            <translation>{0} has a meaning of its own: Space plays and pans, Esc ends what was begun. Press another key.</translation>
        </message>
        <message>
            <source>“{0}” has no key now.</source>
            <translation>“{0}” has no key now.</translation>
        </message>
        <message>
            <source>“{0}” has the keys {1} now.</source>
            <translation>“{0}” has the keys {1} now.</translation>
        </message>
    </context>
    <context>
        <name>Keyframes</name>
        <message>
            <source>Go</source>
            <translation>Go</translation>
        </message>
        <message>
            <source>Next keyframe</source>
            <translation>Next keyframe</translation>
        </message>
        <message>
            <source>Previous keyframe</source>
            <translation>Previous keyframe</translation>
        </message>
        <message>
            <source>The last frame before this one in which a person drew a box</source>
            <translation>The last frame before this one in which a person drew a box</translation>
        </message>
        <message>
            <source>The next frame in which a person drew a box</source>
            <translation>The next frame in which a person drew a box</translation>
        </message>
        <message>
            <source>There is no keyframe after this frame</source>
            <translation>There is no keyframe after this frame</translation>
        </message>
        <message>
            <source>There is no keyframe before this frame</source>
            <translation>There is no keyframe before this frame</translation>
        </message>
    </context>
    <context>
        <name>LabelActions</name>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Class {0}</source>
            <translation>Class {0}</translation>
        </message>
        <message>
            <source>Classes and attributes…</source>
            <translation>Classes and attributes…</translation>
        </message>
        <message>
            <source>Mark as {0}</source>
            <translation>Mark as {0}</translation>
        </message>
        <message>
            <source>Names, colours, attributes, and what detectors' classes become</source>
            <translation>Names, colours, attributes, and what detectors' classes become</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>as by default</source>
            <translation>as by default</translation>
        </message>
        <message>
            <source>no</source>
            <translation>no</translation>
        </message>
        <message>
            <source>not reviewed</source>
            <translation>not reviewed</translation>
        </message>
        <message>
            <source>review begun</source>
            <translation>review begun</translation>
        </message>
        <message>
            <source>reviewed</source>
            <translation>reviewed</translation>
        </message>
        <message>
            <source>yes</source>
            <translation>yes</translation>
        </message>
        <message>
            <source>{0}…</source>
            <translation>{0}…</translation>
        </message>
    </context>
    <context>
        <name>LabelDialog</name>
        <message>
            <source>Attributes</source>
            <translation>Attributes</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Classes and attributes</source>
            <translation>Classes and attributes</translation>
        </message>
        <message>
            <source>Detectors' classes</source>
            <translation>Detectors' classes</translation>
        </message>
    </context>
    <context>
        <name>LabelList</name>
        <message>
            <source>Add</source>
            <translation>Add</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Colour…</source>
            <translation>Colour…</translation>
        </message>
        <message>
            <source>Double-click to change the colour</source>
            <translation>Double-click to change the colour</translation>
        </message>
        <message>
            <source>Down</source>
            <translation>Down</translation>
        </message>
        <message>
            <source>Give all tracks of this class another one, and remove this one</source>
            <translation>Give all tracks of this class another one, and remove this one</translation>
        </message>
        <message>
            <source>Key</source>
            <translation>Key</translation>
        </message>
        <message>
            <source>Merge into</source>
            <translation>Merge into</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>Remove</translation>
        </message>
        <message>
            <source>Remove this class; no track may have it</source>
            <translation>Remove this class; no track may have it</translation>
        </message>
        <message>
            <source>Tracks</source>
            <translation>Tracks</translation>
        </message>
        <message>
            <source>Up</source>
            <translation>Up</translation>
        </message>
        <message>
            <source>class {0}</source>
            <translation>class {0}</translation>
        </message>
    </context>
    <context>
        <name>LaneOrder</name>
        <message>
            <source>By class</source>
            <translation>By class</translation>
        </message>
        <message>
            <source>By length</source>
            <translation>By length</translation>
        </message>
        <message>
            <source>By number</source>
            <translation>By number</translation>
        </message>
        <message>
            <source>By start</source>
            <translation>By start</translation>
        </message>
        <message>
            <source>By suspicion</source>
            <translation>By suspicion</translation>
        </message>
        <message>
            <source>Group by class</source>
            <translation>Group by class</translation>
        </message>
        <message>
            <source>Lanes</source>
            <translation>Lanes</translation>
        </message>
        <message>
            <source>Order of the lanes</source>
            <translation>Order of the lanes</translation>
        </message>
        <message>
            <source>Order of the lanes on the timeline</source>
            <translation>Order of the lanes on the timeline</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>LogPanel</name>
        <message>
            <source>Clear</source>
            <translation>Clear</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Copy</translation>
        </message>
        <message>
            <source>Copy what is selected, or all lines</source>
            <translation>Copy what is selected, or all lines</translation>
        </message>
        <message>
            <source>Errors</source>
            <translation>Errors</translation>
        </message>
        <message>
            <source>Everything</source>
            <translation>Everything</translation>
        </message>
        <message>
            <source>Information</source>
            <translation>Information</translation>
        </message>
        <message>
            <source>Show file</source>
            <translation>Show file</translation>
        </message>
        <message>
            <source>Warnings</source>
            <translation>Warnings</translation>
        </message>
        <message>
            <source>kept in this window only</source>
            <translation>kept in this window only</translation>
        </message>
    </context>
    <context>
        <name>MainWindow</name>
        <message numerus="yes">
            <source>%n objects</source>
            <translation>
                <numerusform>%n object</numerusform>
                <numerusform>%n objects</numerusform>
            </translation>
        </message>
        <message>
            <source>Delete in this frame</source>
            <translation>Delete in this frame</translation>
        </message>
        <message>
            <source>Drag a rectangle, or click corners and press Enter: what is inside will not count; Esc ends</source>
            <translation>Drag a rectangle, or click corners and press Enter: what is inside will not count; Esc ends</translation>
        </message>
        <message>
            <source>Draw the box of a new object</source>
            <translation>Draw the box of a new object</translation>
        </message>
        <message>
            <source>Draw the box of a new object; Esc ends</source>
            <translation>Draw the box of a new object; Esc ends</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Edit</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>New object</source>
            <translation>New object</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Quit</translation>
        </message>
        <message>
            <source>Redo</source>
            <translation>Redo</translation>
        </message>
        <message>
            <source>Redo {0}</source>
            <translation>Redo {0}</translation>
        </message>
        <message>
            <source>Search actions…</source>
            <translation>Search actions…</translation>
        </message>
        <message>
            <source>Stop and close</source>
            <translation>Stop and close</translation>
        </message>
        <message>
            <source>Stop it and close? Finished frames are kept, and a run can be resumed.</source>
            <translation>Stop it and close? Finished frames are kept, and a run can be resumed.</translation>
        </message>
        <message>
            <source>Take the selected tracks out of this frame, or delete the selected ignore region</source>
            <translation>Take the selected tracks out of this frame, or delete the selected ignore region</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>Undo</translation>
        </message>
        <message>
            <source>Undo {0}</source>
            <translation>Undo {0}</translation>
        </message>
        <message>
            <source>Work is going on</source>
            <translation>Work is going on</translation>
        </message>
        <message>
            <source>read-only</source>
            <translation>read-only</translation>
        </message>
        <message>
            <source>saved</source>
            <translation>saved</translation>
        </message>
    </context>
    <context>
        <name>Menus</name>
        <message>
            <source>Open recent</source>
            <translation>Open recent</translation>
        </message>
    </context>
    <context>
        <name>Moving</name>
        <message>
            <source>End of the track</source>
            <translation>End of the track</translation>
        </message>
        <message>
            <source>First frame</source>
            <translation>First frame</translation>
        </message>
        <message>
            <source>Go</source>
            <translation>Go</translation>
        </message>
        <message>
            <source>Go round in the chosen range</source>
            <translation>Go round in the chosen range</translation>
        </message>
        <message>
            <source>Last frame</source>
            <translation>Last frame</translation>
        </message>
        <message>
            <source>Loop</source>
            <translation>Loop</translation>
        </message>
        <message>
            <source>Next frame</source>
            <translation>Next frame</translation>
        </message>
        <message>
            <source>Play faster</source>
            <translation>Play faster</translation>
        </message>
        <message>
            <source>Play or pause</source>
            <translation>Play or pause</translation>
        </message>
        <message>
            <source>Play slower</source>
            <translation>Play slower</translation>
        </message>
        <message>
            <source>Previous frame</source>
            <translation>Previous frame</translation>
        </message>
        <message>
            <source>Start of the track</source>
            <translation>Start of the track</translation>
        </message>
    </context>
    <context>
        <name>Nudge</name>
        <message>
            <source>Down</source>
            <translation>Down</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Edit</translation>
        </message>
        <message>
            <source>Far down</source>
            <translation>Far down</translation>
        </message>
        <message>
            <source>Far left</source>
            <translation>Far left</translation>
        </message>
        <message>
            <source>Far right</source>
            <translation>Far right</translation>
        </message>
        <message>
            <source>Far up</source>
            <translation>Far up</translation>
        </message>
        <message>
            <source>Left</source>
            <translation>Left</translation>
        </message>
        <message>
            <source>Move box</source>
            <translation>Move box</translation>
        </message>
        <message>
            <source>Move the selected box by {0} pixels</source>
            <translation>Move the selected box by {0} pixels</translation>
        </message>
        <message>
            <source>Right</source>
            <translation>Right</translation>
        </message>
        <message>
            <source>Select one box to move it</source>
            <translation>Select one box to move it</translation>
        </message>
        <message>
            <source>Up</source>
            <translation>Up</translation>
        </message>
    </context>
    <context>
        <name>OfferBar</name>
        <message>
            <source>Not now</source>
            <translation>Not now</translation>
        </message>
    </context>
    <context>
        <name>Opening</name>
        <message>
            <source>All files</source>
            <translation>All files</translation>
        </message>
        <message>
            <source>Close project</source>
            <translation>Close project</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>Nothing yet</source>
            <translation>Nothing yet</translation>
        </message>
        <message>
            <source>Open a folder of images</source>
            <translation>Open a folder of images</translation>
        </message>
        <message>
            <source>Open a project or a video</source>
            <translation>Open a project or a video</translation>
        </message>
        <message>
            <source>Open folder of images…</source>
            <translation>Open folder of images…</translation>
        </message>
        <message>
            <source>Open…</source>
            <translation>Open…</translation>
        </message>
        <message>
            <source>Projects and videos</source>
            <translation>Projects and videos</translation>
        </message>
    </context>
    <context>
        <name>Panels</name>
        <message>
            <source>Panels</source>
            <translation>Panels</translation>
        </message>
        <message>
            <source>Show or hide the panel {0}</source>
            <translation>Show or hide the panel {0}</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>PictureControls</name>
        <message>
            <source>Brighter</source>
            <translation>Brighter</translation>
        </message>
        <message>
            <source>Brightness</source>
            <translation>Brightness</translation>
        </message>
        <message>
            <source>Brightness {0}, contrast {1}, for the view only</source>
            <translation>Brightness {0}, contrast {1}, for the view only</translation>
        </message>
        <message>
            <source>Brightness, contrast and masks as they were at first</source>
            <translation>Brightness, contrast and masks as they were at first</translation>
        </message>
        <message>
            <source>Contrast</source>
            <translation>Contrast</translation>
        </message>
        <message>
            <source>Darker</source>
            <translation>Darker</translation>
        </message>
        <message>
            <source>Less contrast</source>
            <translation>Less contrast</translation>
        </message>
        <message>
            <source>Masks</source>
            <translation>Masks</translation>
        </message>
        <message>
            <source>Masks denser</source>
            <translation>Masks denser</translation>
        </message>
        <message>
            <source>Masks fainter</source>
            <translation>Masks fainter</translation>
        </message>
        <message>
            <source>More contrast</source>
            <translation>More contrast</translation>
        </message>
        <message>
            <source>Picture</source>
            <translation>Picture</translation>
        </message>
        <message>
            <source>Picture as it is</source>
            <translation>Picture as it is</translation>
        </message>
        <message>
            <source>Picture: adjusted</source>
            <translation>Picture: adjusted</translation>
        </message>
        <message>
            <source>Reset</source>
            <translation>Reset</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>PlaceField</name>
        <message>
            <source>A frame such as 412, +10 or -10, or a time such as 0:16.48</source>
            <translation>A frame such as 412, +10 or -10, or a time such as 0:16.48</translation>
        </message>
        <message>
            <source>Frame or time to go to</source>
            <translation>Frame or time to go to</translation>
        </message>
    </context>
    <context>
        <name>PreviewPanel</name>
        <message>
            <source>Detecting</source>
            <translation>Detecting</translation>
        </message>
        <message>
            <source>Run the detector on the present frame</source>
            <translation>Run the detector on the present frame</translation>
        </message>
        <message>
            <source>Show detections</source>
            <translation>Show detections</translation>
        </message>
        <message>
            <source>The detector finds nothing in this frame</source>
            <translation>The detector finds nothing in this frame</translation>
        </message>
        <message>
            <source>There is no picture to look at: the video is missing or not decoded yet</source>
            <translation>There is no picture to look at: the video is missing or not decoded yet</translation>
        </message>
        <message>
            <source>Threshold: boxes that score less are not tracked</source>
            <translation>Threshold: boxes that score less are not tracked</translation>
        </message>
        <message>
            <source>detecting</source>
            <translation>detecting</translation>
        </message>
        <message>
            <source>no boxes</source>
            <translation>no boxes</translation>
        </message>
        <message>
            <source>{0} of {1} boxes</source>
            <translation>{0} of {1} boxes</translation>
        </message>
    </context>
    <context>
        <name>ProjectController</name>
        <message>
            <source>Add videos</source>
            <translation>Add videos</translation>
        </message>
        <message>
            <source>Add videos to the open project</source>
            <translation>Add videos to the open project</translation>
        </message>
        <message>
            <source>Add videos…</source>
            <translation>Add videos…</translation>
        </message>
        <message>
            <source>All files</source>
            <translation>All files</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>Found: {0}</source>
            <translation>Found: {0}</translation>
        </message>
        <message>
            <source>Locate the video…</source>
            <translation>Locate the video…</translation>
        </message>
        <message>
            <source>Locate…</source>
            <translation>Locate…</translation>
        </message>
        <message>
            <source>Make a project at a place of your choice</source>
            <translation>Make a project at a place of your choice</translation>
        </message>
        <message>
            <source>New project</source>
            <translation>New project</translation>
        </message>
        <message>
            <source>New project…</source>
            <translation>New project…</translation>
        </message>
        <message>
            <source>Projects</source>
            <translation>Projects</translation>
        </message>
        <message>
            <source>Say where the present video lies now</source>
            <translation>Say where the present video lies now</translation>
        </message>
        <message>
            <source>The project's videos</source>
            <translation>The project's videos</translation>
        </message>
        <message>
            <source>Videos</source>
            <translation>Videos</translation>
        </message>
        <message>
            <source>Where is {0}?</source>
            <translation>Where is {0}?</translation>
        </message>
        <message>
            <source>{0} exists already: open it, or choose another name</source>
            <translation>{0} exists already: open it, or choose another name</translation>
        </message>
        <message>
            <source>{0} is not where it was, or has changed; its tracks are here.</source>
            <translation>{0} is not where it was, or has changed; its tracks are here.</translation>
        </message>
    </context>
    <context>
        <name>RegionFields</name>
        <message>
            <source>Delete region</source>
            <translation>Delete region</translation>
        </message>
        <message>
            <source>First frame</source>
            <translation>First frame</translation>
        </message>
        <message>
            <source>Ignore region</source>
            <translation>Ignore region</translation>
        </message>
        <message>
            <source>Last frame</source>
            <translation>Last frame</translation>
        </message>
        <message>
            <source>Nothing inside it counts when results are scored</source>
            <translation>Nothing inside it counts when results are scored</translation>
        </message>
        <message>
            <source>to the end of the video</source>
            <translation>to the end of the video</translation>
        </message>
    </context>
    <context>
        <name>ReportDialog</name>
        <message>
            <source>Show folder</source>
            <translation>Show folder</translation>
        </message>
    </context>
    <context>
        <name>TaskBar</name>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
        </message>
    </context>
    <context>
        <name>Timeline</name>
        <message numerus="yes">
            <source>%n tracks</source>
            <translation>
                <numerusform>%n track</numerusform>
                <numerusform>%n tracks</numerusform>
            </translation>
        </message>
        <message>
            <source>Another view begins here</source>
            <translation>Another view begins here</translation>
        </message>
        <message>
            <source>Run with {0}, frames {1} to {2}</source>
            <translation>Run with {0}, frames {1} to {2}</translation>
        </message>
        <message>
            <source>Track {0}, frames {1} to {2}</source>
            <translation>Track {0}, frames {1} to {2}</translation>
        </message>
    </context>
    <context>
        <name>TrackFields</name>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Colour</source>
            <translation>Colour</translation>
        </message>
        <message>
            <source>Frames</source>
            <translation>Frames</translation>
        </message>
        <message>
            <source>Go to the first frame</source>
            <translation>Go to the first frame</translation>
        </message>
        <message>
            <source>Go to the last frame</source>
            <translation>Go to the last frame</translation>
        </message>
        <message>
            <source>Mean score</source>
            <translation>Mean score</translation>
        </message>
        <message>
            <source>Mean score of the boxes that the tracker gave</source>
            <translation>Mean score of the boxes that the tracker gave</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>Number</source>
            <translation>Number</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Track {0}</source>
            <translation>Track {0}</translation>
        </message>
        <message>
            <source>begun</source>
            <translation>begun</translation>
        </message>
        <message>
            <source>done</source>
            <translation>done</translation>
        </message>
        <message>
            <source>length {0}</source>
            <translation>length {0}</translation>
        </message>
        <message>
            <source>not begun</source>
            <translation>not begun</translation>
        </message>
        <message>
            <source>to</source>
            <translation>to</translation>
        </message>
        <message>
            <source>{0} to {1}</source>
            <translation>{0} to {1}</translation>
        </message>
        <message>
            <source>{0} tracks</source>
            <translation>{0} tracks</translation>
        </message>
    </context>
    <context>
        <name>TrackModel</name>
        <message>
            <source>Attributes</source>
            <translation>Attributes</translation>
        </message>
        <message>
            <source>Attributes that were set</source>
            <translation>Attributes that were set</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>First</source>
            <translation>First</translation>
        </message>
        <message>
            <source>First frame</source>
            <translation>First frame</translation>
        </message>
        <message>
            <source>Frames in which the track exists</source>
            <translation>Frames in which the track exists</translation>
        </message>
        <message>
            <source>How far it was reviewed</source>
            <translation>How far it was reviewed</translation>
        </message>
        <message>
            <source>Last</source>
            <translation>Last</translation>
        </message>
        <message>
            <source>Last frame</source>
            <translation>Last frame</translation>
        </message>
        <message>
            <source>Length</source>
            <translation>Length</translation>
        </message>
        <message>
            <source>Mean score of the boxes that the tracker gave it</source>
            <translation>Mean score of the boxes that the tracker gave it</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>No.</source>
            <translation>No.</translation>
        </message>
        <message>
            <source>Number of the track</source>
            <translation>Number of the track</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Score</source>
            <translation>Score</translation>
        </message>
        <message>
            <source>begun</source>
            <translation>begun</translation>
        </message>
        <message>
            <source>done</source>
            <translation>done</translation>
        </message>
        <message>
            <source>not {0}</source>
            <translation>not {0}</translation>
        </message>
    </context>
    <context>
        <name>TrackTable</name>
        <message>
            <source>Any class</source>
            <translation>Any class</translation>
        </message>
        <message>
            <source>Any review</source>
            <translation>Any review</translation>
        </message>
        <message>
            <source>Begun</source>
            <translation>Begun</translation>
        </message>
        <message>
            <source>Done</source>
            <translation>Done</translation>
        </message>
        <message>
            <source>Filter tracks</source>
            <translation>Filter tracks</translation>
        </message>
        <message>
            <source>No track is like that</source>
            <translation>No track is like that</translation>
        </message>
        <message>
            <source>No tracks yet: run the tracker (Ctrl+E) or draw one (N)</source>
            <translation>No tracks yet: run the tracker (Ctrl+E) or draw one (N)</translation>
        </message>
        <message>
            <source>Not begun</source>
            <translation>Not begun</translation>
        </message>
        <message>
            <source>Only tracks of this class</source>
            <translation>Only tracks of this class</translation>
        </message>
        <message>
            <source>Only tracks that were reviewed so far</source>
            <translation>Only tracks that were reviewed so far</translation>
        </message>
    </context>
    <context>
        <name>Transport</name>
        <message numerus="yes">
            <source>%n frames back</source>
            <translation>
                <numerusform>%n frame back</numerusform>
                <numerusform>%n frames back</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n frames on</source>
            <translation>
                <numerusform>%n frame on</numerusform>
                <numerusform>%n frames on</numerusform>
            </translation>
        </message>
        <message>
            <source>Frames that {0} and {1} go</source>
            <translation>Frames that {0} and {1} go</translation>
        </message>
        <message>
            <source>Go</source>
            <translation>Go</translation>
        </message>
        <message>
            <source>Go to a frame or time</source>
            <translation>Go to a frame or time</translation>
        </message>
        <message>
            <source>Play at normal speed</source>
            <translation>Play at normal speed</translation>
        </message>
        <message>
            <source>Several frames back</source>
            <translation>Several frames back</translation>
        </message>
        <message>
            <source>Several frames on</source>
            <translation>Several frames on</translation>
        </message>
        <message>
            <source>Speed of playback</source>
            <translation>Speed of playback</translation>
        </message>
        <message>
            <source>Type a frame such as 412 or a time such as 0:16.48</source>
            <translation>Type a frame such as 412 or a time such as 0:16.48</translation>
        </message>
        <message>
            <source>of {0}</source>
            <translation>of {0}</translation>
        </message>
        <message>
            <source>step </source>
            <translation>step </translation>
        </message>
    </context>
    <context>
        <name>ViewActions</name>
        <message>
            <source>Actual pixels</source>
            <translation>Actual pixels</translation>
        </message>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
        </message>
        <message>
            <source>Contours only</source>
            <translation>Contours only</translation>
        </message>
        <message>
            <source>Dark theme</source>
            <translation>Dark theme</translation>
        </message>
        <message>
            <source>Fit</source>
            <translation>Fit</translation>
        </message>
        <message>
            <source>Light theme</source>
            <translation>Light theme</translation>
        </message>
        <message>
            <source>Log</source>
            <translation>Log</translation>
        </message>
        <message>
            <source>Masks</source>
            <translation>Masks</translation>
        </message>
        <message>
            <source>Names</source>
            <translation>Names</translation>
        </message>
        <message>
            <source>Only selected</source>
            <translation>Only selected</translation>
        </message>
        <message>
            <source>The whole picture</source>
            <translation>The whole picture</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>Theme</translation>
        </message>
        <message>
            <source>Theme of the system</source>
            <translation>Theme of the system</translation>
        </message>
        <message>
            <source>Trails</source>
            <translation>Trails</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
        <message>
            <source>What the program says of itself</source>
            <translation>What the program says of itself</translation>
        </message>
        <message>
            <source>Whole video on the timeline</source>
            <translation>Whole video on the timeline</translation>
        </message>
        <message>
            <source>Zoom in</source>
            <translation>Zoom in</translation>
        </message>
        <message>
            <source>Zoom out</source>
            <translation>Zoom out</translation>
        </message>
    </context>
    <context>
        <name>WeightsOffer</name>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
        </message>
        <message>
            <source>Download</source>
            <translation>Download</translation>
        </message>
        <message>
            <source>Downloading {0}</source>
            <translation>Downloading {0}</translation>
        </message>
        <message>
            <source>Stopped; what was fetched is kept</source>
            <translation>Stopped; what was fetched is kept</translation>
        </message>
        <message>
            <source>connecting</source>
            <translation>connecting</translation>
        </message>
        <message>
            <source>size unknown</source>
            <translation>size unknown</translation>
        </message>
        <message>
            <source>stopping</source>
            <translation>stopping</translation>
        </message>
        <message>
            <source>{0} is not installed: {1}, licence {2}</source>
            <translation>{0} is not installed: {1}, licence {2}</translation>
        </message>
        <message>
            <source>{0} of {1}</source>
            <translation>{0} of {1}</translation>
        </message>
    </context>
    <context>
        <name>Welcome</name>
        <message>
            <source>Drop a video or a project here</source>
            <translation>Drop a video or a project here</translation>
        </message>
        <message>
            <source>Drop a video or a project here, or press {0}</source>
            <translation>Drop a video or a project here, or press {0}</translation>
        </message>
        <message>
            <source>Open…</source>
            <translation>Open…</translation>
        </message>
        <message>
            <source>Try the demo</source>
            <translation>Try the demo</translation>
        </message>
    </context>
</TS>
