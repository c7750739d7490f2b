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
        <name>CommandPalette</name>
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
        <name>JobBar</name>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
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
            <source>loading models</source>
            <translation>loading models</translation>
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
        <name>JobDialog</name>
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
            <source>Existing tracks</source>
            <translation>Existing tracks</translation>
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
            <source>Threshold</source>
            <translation>Threshold</translation>
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
            <source>{0} (demonstration)</source>
            <translation>{0} (demonstration)</translation>
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
        <name>MainWindow</name>
        <message numerus="yes">
            <source>%n objects</source>
            <translation>
                <numerusform>%n object</numerusform>
                <numerusform>%n objects</numerusform>
            </translation>
        </message>
        <message>
            <source>A job is running</source>
            <translation>A job is running</translation>
        </message>
        <message>
            <source>Actual pixels</source>
            <translation>Actual pixels</translation>
        </message>
        <message>
            <source>All files</source>
            <translation>All files</translation>
        </message>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
        </message>
        <message>
            <source>Close project</source>
            <translation>Close project</translation>
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
            <source>Delete in this frame</source>
            <translation>Delete in this frame</translation>
        </message>
        <message>
            <source>Detect, segment and track every object</source>
            <translation>Detect, segment and track every object</translation>
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
            <source>End of the track</source>
            <translation>End of the track</translation>
        </message>
        <message>
            <source>Export COCO video…</source>
            <translation>Export COCO video…</translation>
        </message>
        <message>
            <source>Export MOT ground truth…</source>
            <translation>Export MOT ground truth…</translation>
        </message>
        <message>
            <source>Export MOT results…</source>
            <translation>Export MOT results…</translation>
        </message>
        <message>
            <source>Export into a folder</source>
            <translation>Export into a folder</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>First frame</source>
            <translation>First frame</translation>
        </message>
        <message>
            <source>Fit</source>
            <translation>Fit</translation>
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
            <source>History</source>
            <translation>History</translation>
        </message>
        <message>
            <source>Last frame</source>
            <translation>Last frame</translation>
        </message>
        <message>
            <source>Light theme</source>
            <translation>Light theme</translation>
        </message>
        <message>
            <source>Loop</source>
            <translation>Loop</translation>
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
            <source>New object</source>
            <translation>New object</translation>
        </message>
        <message>
            <source>Next frame</source>
            <translation>Next frame</translation>
        </message>
        <message>
            <source>Nothing yet</source>
            <translation>Nothing yet</translation>
        </message>
        <message>
            <source>Only selected</source>
            <translation>Only selected</translation>
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
            <source>Open recent</source>
            <translation>Open recent</translation>
        </message>
        <message>
            <source>Open…</source>
            <translation>Open…</translation>
        </message>
        <message>
            <source>Pause or resume</source>
            <translation>Pause or resume</translation>
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
            <source>Projects and videos</source>
            <translation>Projects and videos</translation>
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
            <source>Run</source>
            <translation>Run</translation>
        </message>
        <message>
            <source>Search actions…</source>
            <translation>Search actions…</translation>
        </message>
        <message>
            <source>Start of the track</source>
            <translation>Start of the track</translation>
        </message>
        <message>
            <source>Stop and close</source>
            <translation>Stop and close</translation>
        </message>
        <message>
            <source>Stop tracking and close? Finished frames are kept, and the run can be resumed.</source>
            <translation>Stop tracking and close? Finished frames are kept, and the run can be resumed.</translation>
        </message>
        <message>
            <source>Stopped; finished frames are kept</source>
            <translation>Stopped; finished frames are kept</translation>
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
            <source>Track</source>
            <translation>Track</translation>
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
            <source>Tracking is finished</source>
            <translation>Tracking is finished</translation>
        </message>
        <message>
            <source>Tracks</source>
            <translation>Tracks</translation>
        </message>
        <message>
            <source>Trails</source>
            <translation>Trails</translation>
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
            <source>View</source>
            <translation>View</translation>
        </message>
        <message>
            <source>Whole video on the timeline</source>
            <translation>Whole video on the timeline</translation>
        </message>
        <message>
            <source>Wrote {0}</source>
            <translation>Wrote {0}</translation>
        </message>
        <message>
            <source>Zoom in</source>
            <translation>Zoom in</translation>
        </message>
        <message>
            <source>Zoom out</source>
            <translation>Zoom out</translation>
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
        <name>TrackModel</name>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>First</source>
            <translation>First</translation>
        </message>
        <message>
            <source>Last</source>
            <translation>Last</translation>
        </message>
        <message>
            <source>Length</source>
            <translation>Length</translation>
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
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>begun</source>
            <translation>begun</translation>
        </message>
        <message>
            <source>done</source>
            <translation>done</translation>
        </message>
    </context>
    <context>
        <name>TrackTable</name>
        <message>
            <source>Filter tracks</source>
            <translation>Filter tracks</translation>
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
