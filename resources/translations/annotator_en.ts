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
            <source>Apache License 2.0. Models have their own licences.</source>
            <translation>Apache License 2.0. Models have their own licences.</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Copy</translation>
        </message>
        <message>
            <source>Copy the versions for a bug report</source>
            <translation>Copy the versions for a bug report</translation>
        </message>
        <message>
            <source>Tracks objects in videos, so that you only need to correct the tracks.</source>
            <translation>Tracks objects in videos, so that you only need to correct the tracks.</translation>
        </message>
    </context>
    <context>
        <name>AttributeEditor</name>
        <message>
            <source>A value then holds from its frame until the next change. If you turn this off, each track keeps its first value</source>
            <translation>A value then holds from its frame until the next change. If you turn this off, each track keeps its first value</translation>
        </message>
        <message>
            <source>Add</source>
            <translation>Add</translation>
        </message>
        <message>
            <source>Attributes describe tracks in more detail than classes: a team, an age, a state</source>
            <translation>Attributes describe tracks in more detail than classes: a team, an age, a state</translation>
        </message>
        <message>
            <source>Choice</source>
            <translation>Choice</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Default</source>
            <translation>Default</translation>
        </message>
        <message>
            <source>May change over time</source>
            <translation>May change over time</translation>
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
            <source>Type</source>
            <translation>Type</translation>
        </message>
        <message>
            <source>Yes or no</source>
            <translation>Yes or no</translation>
        </message>
        <message>
            <source>all classes</source>
            <translation>all classes</translation>
        </message>
        <message>
            <source>attribute {0}</source>
            <translation>attribute {0}</translation>
        </message>
        <message>
            <source>for choices only</source>
            <translation>for choices only</translation>
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
            <source>Nothing to paste: copy a box in this video first</source>
            <translation>Nothing to paste: copy a box in this video first</translation>
        </message>
        <message>
            <source>Paste boxes</source>
            <translation>Paste boxes</translation>
        </message>
        <message>
            <source>Paste the copied boxes into this frame</source>
            <translation>Paste the copied boxes into this frame</translation>
        </message>
    </context>
    <context>
        <name>CanvasController</name>
        <message>
            <source>Reading {0}</source>
            <translation>Reading {0}</translation>
        </message>
    </context>
    <context>
        <name>CanvasFeature</name>
        <message>
            <source>Draw new object</source>
            <translation>Draw new object</translation>
        </message>
        <message>
            <source>Draw the box of a new object in this frame, without running a model</source>
            <translation>Draw the box of a new object in this frame, without running a model</translation>
        </message>
        <message>
            <source>Draw the box of a new object; press Esc to cancel</source>
            <translation>Draw the box of a new object; press Esc to cancel</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
    </context>
    <context>
        <name>CardModel</name>
        <message>
            <source>Delete {0}?</source>
            <translation>Delete {0}?</translation>
        </message>
        <message>
            <source>Merge {1} into {0}?</source>
            <translation>Merge {1} into {0}?</translation>
        </message>
        <message>
            <source>Missing object?</source>
            <translation>Missing object?</translation>
        </message>
        <message>
            <source>Split {0}?</source>
            <translation>Split {0}?</translation>
        </message>
        <message>
            <source>Swap {0} and {1}?</source>
            <translation>Swap {0} and {1}?</translation>
        </message>
        <message>
            <source>{0}: {1}</source>
            <translation>{0}: {1}</translation>
        </message>
    </context>
    <context>
        <name>CardPainter</name>
        <message>
            <source>frame {0}   {1} %</source>
            <translation>frame {0}   {1} %</translation>
        </message>
    </context>
    <context>
        <name>CheatSheet</name>
        <message>
            <source>Alt+click</source>
            <translation>Alt+click</translation>
        </message>
        <message>
            <source>Cancel the current action</source>
            <translation>Cancel the current action</translation>
        </message>
        <message>
            <source>Click the timeline</source>
            <translation>Click the timeline</translation>
        </message>
        <message>
            <source>Click; Shift+click</source>
            <translation>Click; Shift+click</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Close</translation>
        </message>
        <message>
            <source>Corners of a mask's outline: move, add, delete</source>
            <translation>Corners of a mask's outline: move, add, delete</translation>
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
            <source>Delete a corner of the region</source>
            <translation>Delete a corner of the region</translation>
        </message>
        <message>
            <source>Drag</source>
            <translation>Drag</translation>
        </message>
        <message>
            <source>Drag a corner, an edge or the inside</source>
            <translation>Drag a corner, an edge or the inside</translation>
        </message>
        <message>
            <source>Drag a corner; drag an edge; Alt+click</source>
            <translation>Drag a corner; drag an edge; Alt+click</translation>
        </message>
        <message>
            <source>Drag the box or a handle</source>
            <translation>Drag the box or a handle</translation>
        </message>
        <message>
            <source>Drag with the brush; Alt+drag</source>
            <translation>Drag with the brush; Alt+drag</translation>
        </message>
        <message>
            <source>Drag; middle-button drag</source>
            <translation>Drag; middle-button drag</translation>
        </message>
        <message>
            <source>Draw the box of a selected track without one</source>
            <translation>Draw the box of a selected track without one</translation>
        </message>
        <message>
            <source>Esc</source>
            <translation>Esc</translation>
        </message>
        <message>
            <source>Keyboard and mouse reference</source>
            <translation>Keyboard and mouse reference</translation>
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
            <source>Move the playhead</source>
            <translation>Move the playhead</translation>
        </message>
        <message>
            <source>Paint a mask; erase</source>
            <translation>Paint a mask; erase</translation>
        </message>
        <message>
            <source>Pan</source>
            <translation>Pan</translation>
        </message>
        <message>
            <source>Play; hold to pan</source>
            <translation>Play; hold to pan</translation>
        </message>
        <message>
            <source>Prompt a new object</source>
            <translation>Prompt a new object</translation>
        </message>
        <message>
            <source>Reshape the selected region</source>
            <translation>Reshape the selected region</translation>
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
            <source>Select a range</source>
            <translation>Select a range</translation>
        </message>
        <message>
            <source>Select; add to the selection</source>
            <translation>Select; add to the selection</translation>
        </message>
        <message>
            <source>Shift+drag on the timeline</source>
            <translation>Shift+drag on the timeline</translation>
        </message>
        <message>
            <source>Size of the brush</source>
            <translation>Size of the brush</translation>
        </message>
        <message>
            <source>Space</source>
            <translation>Space</translation>
        </message>
        <message>
            <source>Wheel</source>
            <translation>Wheel</translation>
        </message>
        <message>
            <source>Zoom at the pointer</source>
            <translation>Zoom at the pointer</translation>
        </message>
        <message>
            <source>Zoom the timeline</source>
            <translation>Zoom the timeline</translation>
        </message>
    </context>
    <context>
        <name>ClassMap</name>
        <message>
            <source>(dropped)</source>
            <translation>(dropped)</translation>
        </message>
        <message>
            <source>(same name)</source>
            <translation>(same name)</translation>
        </message>
        <message>
            <source>Add</source>
            <translation>Add</translation>
        </message>
        <message>
            <source>Detector class</source>
            <translation>Detector class</translation>
        </message>
        <message>
            <source>Name of a detector class</source>
            <translation>Name of a detector class</translation>
        </message>
        <message>
            <source>Project class</source>
            <translation>Project class</translation>
        </message>
        <message>
            <source>The mapping applies to future runs. Classes that are not listed keep their names.</source>
            <translation>The mapping applies to future runs. Classes that are not listed keep their names.</translation>
        </message>
    </context>
    <context>
        <name>CommandPalette</name>
        <message>
            <source>No matching actions</source>
            <translation>No matching actions</translation>
        </message>
        <message>
            <source>Search actions</source>
            <translation>Search actions</translation>
        </message>
        <message>
            <source>What do you want to do?</source>
            <translation>What do you want to do?</translation>
        </message>
        <message>
            <source>needs {0}</source>
            <translation>needs {0}</translation>
        </message>
    </context>
    <context>
        <name>Crash</name>
        <message>
            <source>An unexpected error occurred: {0}</source>
            <translation>An unexpected error occurred: {0}</translation>
        </message>
        <message>
            <source>Copy report</source>
            <translation>Copy report</translation>
        </message>
        <message>
            <source>Open log folder</source>
            <translation>Open log folder</translation>
        </message>
        <message>
            <source>The project is safe: all finished steps are saved. The log is in {0}.</source>
            <translation>The project is safe: all finished steps are saved. The log is in {0}.</translation>
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
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Tracks</source>
            <translation>Tracks</translation>
        </message>
    </context>
    <context>
        <name>Document</name>
        <message>
            <source>No project is open</source>
            <translation>No project is open</translation>
        </message>
    </context>
    <context>
        <name>EditBar</name>
        <message>
            <source> px</source>
            <translation> px</translation>
        </message>
        <message>
            <source>Apply</source>
            <translation>Apply</translation>
        </message>
        <message>
            <source>Apply this edit (Enter)</source>
            <translation>Apply this edit (Enter)</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
        </message>
        <message>
            <source>Cancel without changes (Esc)</source>
            <translation>Cancel without changes (Esc)</translation>
        </message>
        <message>
            <source>No.</source>
            <translation>No.</translation>
        </message>
        <message>
            <source>the box of the track with the higher number</source>
            <translation>the box of the track with the higher number</translation>
        </message>
        <message>
            <source>the box of the track with the lower number</source>
            <translation>the box of the track with the lower number</translation>
        </message>
        <message>
            <source>the box with the higher score</source>
            <translation>the box with the higher score</translation>
        </message>
    </context>
    <context>
        <name>EditController</name>
        <message>
            <source>Not available</source>
            <translation>Not available</translation>
        </message>
        <message>
            <source>no project is open</source>
            <translation>no project is open</translation>
        </message>
        <message>
            <source>no track has the number {0}</source>
            <translation>no track has the number {0}</translation>
        </message>
    </context>
    <context>
        <name>EditsFeature</name>
        <message>
            <source>Delete in this frame</source>
            <translation>Delete in this frame</translation>
        </message>
        <message>
            <source>Delete the selected tracks' boxes in this frame, or the selected ignore region</source>
            <translation>Delete the selected tracks' boxes in this frame, or the selected ignore region</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Edit</translation>
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
            <source>Undo</source>
            <translation>Undo</translation>
        </message>
        <message>
            <source>Undo {0}</source>
            <translation>Undo {0}</translation>
        </message>
    </context>
    <context>
        <name>EffortRecorder</name>
        <message>
            <source>Count keys, clicks, drags and seconds per fix in a file on this machine. Nothing is uploaded</source>
            <translation>Count keys, clicks, drags and seconds per fix in a file on this machine. Nothing is uploaded</translation>
        </message>
        <message>
            <source>Effort log</source>
            <translation>Effort log</translation>
        </message>
        <message>
            <source>Effort log file…</source>
            <translation>Effort log file…</translation>
        </message>
        <message>
            <source>Export effort log</source>
            <translation>Export effort log</translation>
        </message>
        <message>
            <source>Export effort log…</source>
            <translation>Export effort log…</translation>
        </message>
        <message>
            <source>Help</source>
            <translation>Help</translation>
        </message>
        <message>
            <source>JSON lines (*.jsonl)</source>
            <translation>JSON lines (*.jsonl)</translation>
        </message>
        <message>
            <source>Nothing is recorded yet; turn on “{0}” first</source>
            <translation>Nothing is recorded yet; turn on “{0}” first</translation>
        </message>
        <message>
            <source>Record effort per fix</source>
            <translation>Record effort per fix</translation>
        </message>
        <message>
            <source>Recording effort per fix to {0}; nothing is uploaded</source>
            <translation>Recording effort per fix to {0}; nothing is uploaded</translation>
        </message>
        <message>
            <source>Recording stopped; earlier records stay in {0}</source>
            <translation>Recording stopped; earlier records stay in {0}</translation>
        </message>
        <message>
            <source>Select the file to write the effort log to</source>
            <translation>Select the file to write the effort log to</translation>
        </message>
        <message>
            <source>The effort log is {0}; existing records are kept</source>
            <translation>The effort log is {0}; existing records are kept</translation>
        </message>
        <message>
            <source>Write the recorded fixes as CSV or JSON</source>
            <translation>Write the recorded fixes as CSV or JSON</translation>
        </message>
        <message>
            <source>Wrote {0} fixes to {1}</source>
            <translation>Wrote {0} fixes to {1}</translation>
        </message>
    </context>
    <context>
        <name>ErrorModel</name>
        <message>
            <source>Error</source>
            <translation>Error</translation>
        </message>
        <message>
            <source>Frame</source>
            <translation>Frame</translation>
        </message>
        <message>
            <source>Length</source>
            <translation>Length</translation>
        </message>
        <message>
            <source>object {0} is missed</source>
            <translation>object {0} is missed</translation>
        </message>
        <message>
            <source>object {0} switches from track {1} to track {2}</source>
            <translation>object {0} switches from track {1} to track {2}</translation>
        </message>
        <message>
            <source>track {0} is a false positive</source>
            <translation>track {0} is a false positive</translation>
        </message>
        <message>
            <source>{0}, frames {1} to {2}</source>
            <translation>{0}, frames {1} to {2}</translation>
        </message>
    </context>
    <context>
        <name>EvaluatePanel</name>
        <message>
            <source>All errors ({0})</source>
            <translation>All errors ({0})</translation>
        </message>
        <message>
            <source>All videos of the project</source>
            <translation>All videos of the project</translation>
        </message>
        <message>
            <source>Errors</source>
            <translation>Errors</translation>
        </message>
        <message>
            <source>Evaluate</source>
            <translation>Evaluate</translation>
        </message>
        <message>
            <source>False positives ({0})</source>
            <translation>False positives ({0})</translation>
        </message>
        <message>
            <source>Identity switches ({0})</source>
            <translation>Identity switches ({0})</translation>
        </message>
        <message>
            <source>Misses ({0})</source>
            <translation>Misses ({0})</translation>
        </message>
        <message>
            <source>Select a ground-truth file</source>
            <translation>Select a ground-truth file</translation>
        </message>
        <message>
            <source>Select a ground-truth folder</source>
            <translation>Select a ground-truth folder</translation>
        </message>
        <message>
            <source>The ground truth must then be a folder with one subfolder per video name</source>
            <translation>The ground truth must then be a folder with one subfolder per video name</translation>
        </message>
        <message>
            <source>Tracks</source>
            <translation>Tracks</translation>
        </message>
        <message>
            <source>ground truth: a gt.txt file or its folder</source>
            <translation>ground truth: a gt.txt file or its folder</translation>
        </message>
    </context>
    <context>
        <name>EvaluationFeature</name>
        <message>
            <source>Evaluate against ground truth</source>
            <translation>Evaluate against ground truth</translation>
        </message>
        <message>
            <source>Evaluating</source>
            <translation>Evaluating</translation>
        </message>
        <message>
            <source>Evaluation</source>
            <translation>Evaluation</translation>
        </message>
        <message>
            <source>Ground truth</source>
            <translation>Ground truth</translation>
        </message>
        <message>
            <source>MOTChallenge (*.txt);;All files (*)</source>
            <translation>MOTChallenge (*.txt);;All files (*)</translation>
        </message>
        <message>
            <source>No scores before correction: {0}</source>
            <translation>No scores before correction: {0}</translation>
        </message>
        <message>
            <source>Out of date: the tracks have changed since</source>
            <translation>Out of date: the tracks have changed since</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Run</translation>
        </message>
        <message>
            <source>Select the ground truth first: a gt.txt file, or its folder</source>
            <translation>Select the ground truth first: a gt.txt file, or its folder</translation>
        </message>
        <message>
            <source>Show HOTA, IDF1, MOTA and the errors, before and after correction</source>
            <translation>Show HOTA, IDF1, MOTA and the errors, before and after correction</translation>
        </message>
        <message>
            <source>The evaluation was cancelled</source>
            <translation>The evaluation was cancelled</translation>
        </message>
    </context>
    <context>
        <name>ExportController</name>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
        </message>
        <message>
            <source>Export finished</source>
            <translation>Export finished</translation>
        </message>
        <message>
            <source>Export labels…</source>
            <translation>Export labels…</translation>
        </message>
        <message>
            <source>Exported {0} boxes of {1} tracks to {2}</source>
            <translation>Exported {0} boxes of {1} tracks to {2}</translation>
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
            <source>Frames, including those without boxes</source>
            <translation>Frames, including those without boxes</translation>
        </message>
        <message>
            <source>Images</source>
            <translation>Images</translation>
        </message>
        <message>
            <source>Skipped</source>
            <translation>Skipped</translation>
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
            <source>Write the tracks to files in a label format</source>
            <translation>Write the tracks to files in a label format</translation>
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
            <source>Boxes without a mask are skipped.</source>
            <translation>Boxes without a mask are skipped.</translation>
        </message>
        <message>
            <source>Export</source>
            <translation>Export</translation>
        </message>
        <message>
            <source>Export labels</source>
            <translation>Export labels</translation>
        </message>
        <message>
            <source>Export to folder</source>
            <translation>Export to folder</translation>
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
            <source>Not stored in this format: {0}.</source>
            <translation>Not stored in this format: {0}.</translation>
        </message>
        <message>
            <source>Presets</source>
            <translation>Presets</translation>
        </message>
        <message>
            <source>Select a folder</source>
            <translation>Select a folder</translation>
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
            <source>the folder is empty: select where to write the files</source>
            <translation>the folder is empty: select where to write the files</translation>
        </message>
        <message>
            <source>this version does not support the format {0!r}</source>
            <translation>this version does not support the format {0!r}</translation>
        </message>
        <message>
            <source>to</source>
            <translation>to</translation>
        </message>
    </context>
    <context>
        <name>ExportFields</name>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
        </message>
        <message>
            <source>Class IDs</source>
            <translation>Class IDs</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Copies of the source images</source>
            <translation>Copies of the source images</translation>
        </message>
        <message>
            <source>Decoded, as JPEG</source>
            <translation>Decoded, as JPEG</translation>
        </message>
        <message>
            <source>Decoded, as PNG</source>
            <translation>Decoded, as PNG</translation>
        </message>
        <message>
            <source>Digits in image names</source>
            <translation>Digits in image names</translation>
        </message>
        <message>
            <source>Frame step</source>
            <translation>Frame step</translation>
        </message>
        <message>
            <source>Images</source>
            <translation>Images</translation>
        </message>
        <message>
            <source>Include interpolated boxes</source>
            <translation>Include interpolated boxes</translation>
        </message>
        <message>
            <source>JPEG quality</source>
            <translation>JPEG quality</translation>
        </message>
        <message>
            <source>Links to the source images</source>
            <translation>Links to the source images</translation>
        </message>
        <message>
            <source>Masks</source>
            <translation>Masks</translation>
        </message>
        <message>
            <source>Minimum track length</source>
            <translation>Minimum track length</translation>
        </message>
        <message>
            <source>None</source>
            <translation>None</translation>
        </message>
        <message>
            <source>Only tracks marked as reviewed</source>
            <translation>Only tracks marked as reviewed</translation>
        </message>
        <message>
            <source>Overwrite changed files and files from other programs</source>
            <translation>Overwrite changed files and files from other programs</translation>
        </message>
        <message>
            <source>Pixel coordinates start at 1</source>
            <translation>Pixel coordinates start at 1</translation>
        </message>
        <message>
            <source>Polygons</source>
            <translation>Polygons</translation>
        </message>
        <message>
            <source>Renumber the tracks of each video from 1</source>
            <translation>Renumber the tracks of each video from 1</translation>
        </message>
        <message>
            <source>Shapes of objects with masks</source>
            <translation>Shapes of objects with masks</translation>
        </message>
        <message>
            <source>Track IDs in the last column</source>
            <translation>Track IDs in the last column</translation>
        </message>
        <message>
            <source>Validate the files with the format's reference reader</source>
            <translation>Validate the files with the format's reference reader</translation>
        </message>
        <message>
            <source>Validation videos</source>
            <translation>Validation videos</translation>
        </message>
        <message>
            <source>Zip for evaluation servers</source>
            <translation>Zip for evaluation servers</translation>
        </message>
        <message>
            <source>all, or names: person, car</source>
            <translation>all, or names: person, car</translation>
        </message>
        <message>
            <source>any length</source>
            <translation>any length</translation>
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
            <source>names of videos; all others are for training</source>
            <translation>names of videos; all others are for training</translation>
        </message>
        <message>
            <source>{0!r} is not a class and its ID: write it as person=1</source>
            <translation>{0!r} is not a class and its ID: write it as person=1</translation>
        </message>
    </context>
    <context>
        <name>ExportPreviewPanel</name>
        <message>
            <source>Based on the first {0} frames.</source>
            <translation>Based on the first {0} frames.</translation>
        </message>
        <message>
            <source>First rows of {0}</source>
            <translation>First rows of {0}</translation>
        </message>
        <message>
            <source>Output files</source>
            <translation>Output files</translation>
        </message>
        <message>
            <source>Skipped in these frames: {0} x {1}.</source>
            <translation>Skipped in these frames: {0} x {1}.</translation>
        </message>
        <message>
            <source>These files are binary</source>
            <translation>These files are binary</translation>
        </message>
        <message>
            <source>Updating the preview…</source>
            <translation>Updating the preview…</translation>
        </message>
        <message>
            <source>{0} more videos are not shown.</source>
            <translation>{0} more videos are not shown.</translation>
        </message>
    </context>
    <context>
        <name>Fields</name>
        <message>
            <source>(multiple)</source>
            <translation>(multiple)</translation>
        </message>
    </context>
    <context>
        <name>FilesFeature</name>
        <message>
            <source>Close project</source>
            <translation>Close project</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>Open recent</source>
            <translation>Open recent</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Quit</translation>
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
            <source>All tracks are shown</source>
            <translation>All tracks are shown</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
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
            <source>Minimum score</source>
            <translation>Minimum score</translation>
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
            <source>Show all tracks, classes and states</source>
            <translation>Show all tracks, classes and states</translation>
        </message>
        <message>
            <source>States of predicted boxes</source>
            <translation>States of predicted boxes</translation>
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
            <source>minimum score {0:.2f}</source>
            <translation>minimum score {0:.2f}</translation>
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
            <source>suspicious</source>
            <translation>suspicious</translation>
        </message>
    </context>
    <context>
        <name>FirstMinute</name>
        <message>
            <source>Click an object on the canvas, on the timeline or in the table to select it in all three.</source>
            <translation>Click an object on the canvas, on the timeline or in the table to select it in all three.</translation>
        </message>
        <message>
            <source>Drag the selected box or one of its handles. Press {0} to undo.</source>
            <translation>Drag the selected box or one of its handles. Press {0} to undo.</translation>
        </message>
        <message>
            <source>First steps, {0} of {1}</source>
            <translation>First steps, {0} of {1}</translation>
        </message>
        <message>
            <source>Press Space to play. Press {0} or {1} to step through frames.</source>
            <translation>Press Space to play. Press {0} or {1} to step through frames.</translation>
        </message>
        <message>
            <source>Press {0} to see all keys, {1} to search all actions.</source>
            <translation>Press {0} to see all keys, {1} to search all actions.</translation>
        </message>
        <message>
            <source>Press {0}, then click Run to detect, segment and track every object in the video.</source>
            <translation>Press {0}, then click Run to detect, segment and track every object in the video.</translation>
        </message>
    </context>
    <context>
        <name>FrameActions</name>
        <message>
            <source>End of track</source>
            <translation>End of track</translation>
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
            <source>Last frame</source>
            <translation>Last frame</translation>
        </message>
        <message>
            <source>Loop</source>
            <translation>Loop</translation>
        </message>
        <message>
            <source>Loop the selected range, or the whole video if none is selected</source>
            <translation>Loop the selected range, or the whole video if none is selected</translation>
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
            <source>Start of track</source>
            <translation>Start of track</translation>
        </message>
    </context>
    <context>
        <name>FrameField</name>
        <message>
            <source>Enter a frame such as 412, +10 or -10, or a time such as 0:16.48</source>
            <translation>Enter a frame such as 412, +10 or -10, or a time such as 0:16.48</translation>
        </message>
        <message>
            <source>Go to frame or time</source>
            <translation>Go to frame or time</translation>
        </message>
    </context>
    <context>
        <name>GroupTexts</name>
        <message>
            <source>Fewer than {0} suspicious frames</source>
            <translation>Fewer than {0} suspicious frames</translation>
        </message>
        <message>
            <source>No class</source>
            <translation>No class</translation>
        </message>
        <message>
            <source>No suspicious frames</source>
            <translation>No suspicious frames</translation>
        </message>
        <message>
            <source>Shorter than {0} s</source>
            <translation>Shorter than {0} s</translation>
        </message>
        <message>
            <source>Starts between {0} and {1}</source>
            <translation>Starts between {0} and {1}</translation>
        </message>
        <message>
            <source>{0} or more suspicious frames</source>
            <translation>{0} or more suspicious frames</translation>
        </message>
        <message>
            <source>{0} s or longer</source>
            <translation>{0} s or longer</translation>
        </message>
        <message>
            <source>{0} to {1} s</source>
            <translation>{0} to {1} s</translation>
        </message>
    </context>
    <context>
        <name>HelpFeature</name>
        <message>
            <source>About SAM2MOT Annotator</source>
            <translation>About SAM2MOT Annotator</translation>
        </message>
        <message>
            <source>Customize keyboard shortcuts…</source>
            <translation>Customize keyboard shortcuts…</translation>
        </message>
        <message>
            <source>Dark theme</source>
            <translation>Dark theme</translation>
        </message>
        <message>
            <source>Documentation</source>
            <translation>Documentation</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Edit</translation>
        </message>
        <message>
            <source>From your own video to a dataset that trains a tracker</source>
            <translation>From your own video to a dataset that trains a tracker</translation>
        </message>
        <message>
            <source>Help</source>
            <translation>Help</translation>
        </message>
        <message>
            <source>Keyboard and mouse reference</source>
            <translation>Keyboard and mouse reference</translation>
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
            <source>No program is available to show {0}; open it manually</source>
            <translation>No program is available to show {0}; open it manually</translation>
        </message>
        <message>
            <source>Open a sample project with a short clip</source>
            <translation>Open a sample project with a short clip</translation>
        </message>
        <message>
            <source>Open log folder</source>
            <translation>Open log folder</translation>
        </message>
        <message>
            <source>Open the demo</source>
            <translation>Open the demo</translation>
        </message>
        <message>
            <source>Search actions…</source>
            <translation>Search actions…</translation>
        </message>
        <message>
            <source>Show all keyboard shortcuts and mouse gestures on one page</source>
            <translation>Show all keyboard shortcuts and mouse gestures on one page</translation>
        </message>
        <message>
            <source>Show and search the documentation; it needs no network</source>
            <translation>Show and search the documentation; it needs no network</translation>
        </message>
        <message>
            <source>Show the application log</source>
            <translation>Show the application log</translation>
        </message>
        <message>
            <source>System theme</source>
            <translation>System theme</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>Theme</translation>
        </message>
        <message>
            <source>Tutorial</source>
            <translation>Tutorial</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>HelpViewer</name>
        <message>
            <source>Back</source>
            <translation>Back</translation>
        </message>
        <message>
            <source>Forward</source>
            <translation>Forward</translation>
        </message>
        <message>
            <source>Go to the next page (Alt+Right)</source>
            <translation>Go to the next page (Alt+Right)</translation>
        </message>
        <message>
            <source>Go to the previous page (Alt+Left)</source>
            <translation>Go to the previous page (Alt+Left)</translation>
        </message>
        <message>
            <source>No page has these words</source>
            <translation>No page has these words</translation>
        </message>
        <message>
            <source>No program is available to open {0}</source>
            <translation>No program is available to open {0}</translation>
        </message>
        <message>
            <source>Opens in the browser: {0}</source>
            <translation>Opens in the browser: {0}</translation>
        </message>
        <message>
            <source>Page</source>
            <translation>Page</translation>
        </message>
        <message>
            <source>Pages</source>
            <translation>Pages</translation>
        </message>
        <message>
            <source>Search the documentation</source>
            <translation>Search the documentation</translation>
        </message>
        <message>
            <source>Start page</source>
            <translation>Start page</translation>
        </message>
        <message>
            <source>{0} - Documentation</source>
            <translation>{0} - Documentation</translation>
        </message>
        <message>
            <source>{0} is in the source code and not one of these pages</source>
            <translation>{0} is in the source code and not one of these pages</translation>
        </message>
    </context>
    <context>
        <name>HintCard</name>
        <message>
            <source>Do not show this hint again</source>
            <translation>Do not show this hint again</translation>
        </message>
        <message>
            <source>Skip</source>
            <translation>Skip</translation>
        </message>
        <message>
            <source>Turn off hints</source>
            <translation>Turn off hints</translation>
        </message>
    </context>
    <context>
        <name>HistoryList</name>
        <message>
            <source>Your edits are listed here. Click a step to return to it.</source>
            <translation>Your edits are listed here. Click a step to return to it.</translation>
        </message>
    </context>
    <context>
        <name>HistoryModel</name>
        <message>
            <source>Initial state</source>
            <translation>Initial state</translation>
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
        <name>IdentityActions</name>
        <message>
            <source>Before this frame</source>
            <translation>Before this frame</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Delete</translation>
        </message>
        <message>
            <source>End interpolation</source>
            <translation>End interpolation</translation>
        </message>
        <message>
            <source>Fill all gaps</source>
            <translation>Fill all gaps</translation>
        </message>
        <message>
            <source>Fill this gap</source>
            <translation>Fill this gap</translation>
        </message>
        <message>
            <source>From this frame on</source>
            <translation>From this frame on</translation>
        </message>
        <message>
            <source>In the selected range</source>
            <translation>In the selected range</translation>
        </message>
        <message>
            <source>Interpolate</source>
            <translation>Interpolate</translation>
        </message>
        <message>
            <source>Interpolate across the gap at this frame</source>
            <translation>Interpolate across the gap at this frame</translation>
        </message>
        <message>
            <source>Interpolate linearly between the surrounding keyframes or in the selected range</source>
            <translation>Interpolate linearly between the surrounding keyframes or in the selected range</translation>
        </message>
        <message>
            <source>Keyframes</source>
            <translation>Keyframes</translation>
        </message>
        <message>
            <source>Lock</source>
            <translation>Lock</translation>
        </message>
        <message>
            <source>Lock or unlock: protect the tracks from edits and runs</source>
            <translation>Lock or unlock: protect the tracks from edits and runs</translation>
        </message>
        <message>
            <source>Mark or unmark as occluded from this frame on; the box stays</source>
            <translation>Mark or unmark as occluded from this frame on; the box stays</translation>
        </message>
        <message>
            <source>Mark or unmark as occluded in the selected range or this frame; the box stays</source>
            <translation>Mark or unmark as occluded in the selected range or this frame; the box stays</translation>
        </message>
        <message>
            <source>Mark or unmark as out of view from this frame on: a box that lasts ends here</source>
            <translation>Mark or unmark as out of view from this frame on: a box that lasts ends here</translation>
        </message>
        <message>
            <source>Mark or unmark as out of view in the selected range or this frame</source>
            <translation>Mark or unmark as out of view in the selected range or this frame</translation>
        </message>
        <message>
            <source>Merge</source>
            <translation>Merge</translation>
        </message>
        <message>
            <source>Merge the selected tracks into the one with the lowest number</source>
            <translation>Merge the selected tracks into the one with the lowest number</translation>
        </message>
        <message>
            <source>Move the rest of the track, from this frame on, to a new track</source>
            <translation>Move the rest of the track, from this frame on, to a new track</translation>
        </message>
        <message>
            <source>Move the selected range of the track to a new track</source>
            <translation>Move the selected range of the track to a new track</translation>
        </message>
        <message>
            <source>Number all tracks from 1 in order of first appearance</source>
            <translation>Number all tracks from 1 in order of first appearance</translation>
        </message>
        <message>
            <source>Numbers</source>
            <translation>Numbers</translation>
        </message>
        <message>
            <source>Occluded</source>
            <translation>Occluded</translation>
        </message>
        <message>
            <source>Occluded from this frame on</source>
            <translation>Occluded from this frame on</translation>
        </message>
        <message>
            <source>Outside</source>
            <translation>Outside</translation>
        </message>
        <message>
            <source>Outside from this frame on</source>
            <translation>Outside from this frame on</translation>
        </message>
        <message>
            <source>Reduce to keyframes…</source>
            <translation>Reduce to keyframes…</translation>
        </message>
        <message>
            <source>Renumber all from 1</source>
            <translation>Renumber all from 1</translation>
        </message>
        <message>
            <source>Renumber…</source>
            <translation>Renumber…</translation>
        </message>
        <message>
            <source>Replace boxes by a few keyframes and interpolation, within a tolerance</source>
            <translation>Replace boxes by a few keyframes and interpolation, within a tolerance</translation>
        </message>
        <message>
            <source>Restore the predicted boxes between the surrounding keyframes</source>
            <translation>Restore the predicted boxes between the surrounding keyframes</translation>
        </message>
        <message>
            <source>Set or clear keyframe</source>
            <translation>Set or clear keyframe</translation>
        </message>
        <message>
            <source>Split at this frame</source>
            <translation>Split at this frame</translation>
        </message>
        <message>
            <source>Split off the selected range</source>
            <translation>Split off the selected range</translation>
        </message>
        <message>
            <source>Swap from this frame</source>
            <translation>Swap from this frame</translation>
        </message>
        <message>
            <source>Swap in the selected range</source>
            <translation>Swap in the selected range</translation>
        </message>
        <message>
            <source>Swap two tracks from this frame on. If one track is selected, pick the other</source>
            <translation>Swap two tracks from this frame on. If one track is selected, pick the other</translation>
        </message>
        <message>
            <source>Swap two tracks within the range selected on the timeline</source>
            <translation>Swap two tracks within the range selected on the timeline</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>Turn the box in this frame into a keyframe, or back into a predicted box</source>
            <translation>Turn the box in this frame into a keyframe, or back into a predicted box</translation>
        </message>
        <message>
            <source>Whole track</source>
            <translation>Whole track</translation>
        </message>
    </context>
    <context>
        <name>ImportController</name>
        <message>
            <source>A job is running: import labels when it has finished, or cancel it</source>
            <translation>A job is running: import labels when it has finished, or cancel it</translation>
        </message>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
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
            <source>Frames with boxes</source>
            <translation>Frames with boxes</translation>
        </message>
        <message>
            <source>Ignore regions</source>
            <translation>Ignore regions</translation>
        </message>
        <message>
            <source>Import finished</source>
            <translation>Import finished</translation>
        </message>
        <message>
            <source>Import labels…</source>
            <translation>Import labels…</translation>
        </message>
        <message>
            <source>Import tracks from a label file into the current video</source>
            <translation>Import tracks from a label file into the current video</translation>
        </message>
        <message>
            <source>Imported {0} into {1} from {2}, {3}.</source>
            <translation>Imported {0} into {1} from {2}, {3}.</translation>
        </message>
        <message>
            <source>Importing</source>
            <translation>Importing</translation>
        </message>
        <message>
            <source>Labels belong to a video: open the video first, then import {0}</source>
            <translation>Labels belong to a video: open the video first, then import {0}</translation>
        </message>
        <message>
            <source>Masks</source>
            <translation>Masks</translation>
        </message>
        <message>
            <source>Skipped</source>
            <translation>Skipped</translation>
        </message>
        <message>
            <source>The import was cancelled; nothing was imported</source>
            <translation>The import was cancelled; nothing was imported</translation>
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
            <source>as detections for a run to track</source>
            <translation>as detections for a run to track</translation>
        </message>
        <message>
            <source>as manual boxes; undo removes all of them</source>
            <translation>as manual boxes; undo removes all of them</translation>
        </message>
        <message>
            <source>as predicted boxes; undo removes all of them</source>
            <translation>as predicted boxes; undo removes all of them</translation>
        </message>
        <message>
            <source>none</source>
            <translation>none</translation>
        </message>
        <message>
            <source>of these interpolated</source>
            <translation>of these interpolated</translation>
        </message>
        <message>
            <source>of these keyframes</source>
            <translation>of these keyframes</translation>
        </message>
    </context>
    <context>
        <name>ImportDialog</name>
        <message>
            <source> and </source>
            <translation> and </translation>
        </message>
        <message>
            <source>Detections: boxes without identity, for tracking</source>
            <translation>Detections: boxes without identity, for tracking</translation>
        </message>
        <message>
            <source>First frame number</source>
            <translation>First frame number</translation>
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
            <source>Import as</source>
            <translation>Import as</translation>
        </message>
        <message>
            <source>Import into</source>
            <translation>Import into</translation>
        </message>
        <message>
            <source>Import labels</source>
            <translation>Import labels</translation>
        </message>
        <message>
            <source>Labels</source>
            <translation>Labels</translation>
        </message>
        <message>
            <source>Manual tracks: runs never replace them</source>
            <translation>Manual tracks: runs never replace them</translation>
        </message>
        <message>
            <source>Pixel coordinates start at 1</source>
            <translation>Pixel coordinates start at 1</translation>
        </message>
        <message>
            <source>Predicted tracks: later runs may replace them</source>
            <translation>Predicted tracks: later runs may replace them</translation>
        </message>
        <message>
            <source>Select a file</source>
            <translation>Select a file</translation>
        </message>
        <message>
            <source>Select a folder</source>
            <translation>Select a folder</translation>
        </message>
        <message>
            <source>The file fits {0}. Select the format that it has.</source>
            <translation>The file fits {0}. Select the format that it has.</translation>
        </message>
        <message>
            <source>Video in the file</source>
            <translation>Video in the file</translation>
        </message>
        <message>
            <source>format's default</source>
            <translation>format's default</translation>
        </message>
        <message>
            <source>label file or folder</source>
            <translation>label file or folder</translation>
        </message>
    </context>
    <context>
        <name>ImportPreviewPanel</name>
        <message>
            <source>Bottom</source>
            <translation>Bottom</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Frame</source>
            <translation>Frame</translation>
        </message>
        <message>
            <source>Left</source>
            <translation>Left</translation>
        </message>
        <message>
            <source>Reading the file…</source>
            <translation>Reading the file…</translation>
        </message>
        <message>
            <source>Remarks</source>
            <translation>Remarks</translation>
        </message>
        <message>
            <source>Right</source>
            <translation>Right</translation>
        </message>
        <message>
            <source>Score</source>
            <translation>Score</translation>
        </message>
        <message>
            <source>Top</source>
            <translation>Top</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>ignore region</source>
            <translation>ignore region</translation>
        </message>
        <message>
            <source>ignored</source>
            <translation>ignored</translation>
        </message>
        <message>
            <source>interpolated</source>
            <translation>interpolated</translation>
        </message>
        <message>
            <source>mask</source>
            <translation>mask</translation>
        </message>
        <message>
            <source>occluded</source>
            <translation>occluded</translation>
        </message>
        <message>
            <source>{0:,} boxes; {1}; classes: {2}.</source>
            <translation>{0:,} boxes; {1}; classes: {2}.</translation>
        </message>
        <message>
            <source>{0:,} frames</source>
            <translation>{0:,} frames</translation>
        </message>
    </context>
    <context>
        <name>InexactMark</name>
        <message>
            <source>Loading frame {0}</source>
            <translation>Loading frame {0}</translation>
        </message>
        <message>
            <source>Loading frame {0}: the image is frame {1}</source>
            <translation>Loading frame {0}: the image is frame {1}</translation>
        </message>
    </context>
    <context>
        <name>Inspector</name>
        <message>
            <source>Select a track to view and edit its properties</source>
            <translation>Select a track to view and edit its properties</translation>
        </message>
    </context>
    <context>
        <name>JobBar</name>
        <message>
            <source>Cancel</source>
            <translation>Cancel</translation>
        </message>
        <message>
            <source>Device and memory in use: by all programs on a GPU, by this program in main memory</source>
            <translation>Device and memory in use: by all programs on a GPU, by this program in main memory</translation>
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
            <source>storing the boxes</source>
            <translation>storing the boxes</translation>
        </message>
        <message>
            <source>waiting for a prompt</source>
            <translation>waiting for a prompt</translation>
        </message>
        <message>
            <source>{0} / {1}   {2:.1f} fps   {3} left</source>
            <translation>{0} / {1}   {2:.1f} fps   {3} left</translation>
        </message>
    </context>
    <context>
        <name>JobController</name>
        <message>
            <source>A run over {0} failed after {1} of {2} frames.</source>
            <translation>A run over {0} failed after {1} of {2} frames.</translation>
        </message>
        <message>
            <source>A run over {0} was interrupted after {1} of {2} frames.</source>
            <translation>A run over {0} was interrupted after {1} of {2} frames.</translation>
        </message>
        <message>
            <source>Cancel run</source>
            <translation>Cancel run</translation>
        </message>
        <message>
            <source>Continue a run that was cancelled or interrupted</source>
            <translation>Continue a run that was cancelled or interrupted</translation>
        </message>
        <message>
            <source>Detect, segment and track every object</source>
            <translation>Detect, segment and track every object</translation>
        </message>
        <message>
            <source>Pause or resume run</source>
            <translation>Pause or resume run</translation>
        </message>
        <message>
            <source>Resume</source>
            <translation>Resume</translation>
        </message>
        <message>
            <source>Resume only if you trust the project and these files.</source>
            <translation>Resume only if you trust the project and these files.</translation>
        </message>
        <message>
            <source>Resume the run?</source>
            <translation>Resume the run?</translation>
        </message>
        <message>
            <source>Resume unfinished run</source>
            <translation>Resume unfinished run</translation>
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
            <source>The project names files that this run would load:</source>
            <translation>The project names files that this run would load:</translation>
        </message>
        <message>
            <source>This video has no unfinished run</source>
            <translation>This video has no unfinished run</translation>
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
            <source>Trust and resume</source>
            <translation>Trust and resume</translation>
        </message>
        <message>
            <source>{0} finished</source>
            <translation>{0} finished</translation>
        </message>
    </context>
    <context>
        <name>JobDialog</name>
        <message>
            <source>; the detector alone takes about {0}</source>
            <translation>; the detector alone takes about {0}</translation>
        </message>
        <message>
            <source>Adaptive, from the scores of all frames</source>
            <translation>Adaptive, from the scores of all frames</translation>
        </message>
        <message>
            <source>Add new tracks</source>
            <translation>Add new tracks</translation>
        </message>
        <message numerus="yes">
            <source>Also replace %n tracks that you have corrected</source>
            <translation>
                <numerusform>Also replace %n track that you have corrected</numerusform>
                <numerusform>Also replace %n tracks that you have corrected</numerusform>
            </translation>
        </message>
        <message>
            <source>By default, tracks that you have swapped, merged, split, renumbered or reviewed are kept, and their objects are not tracked a second time</source>
            <translation>By default, tracks that you have swapped, merged, split, renumbered or reviewed are kept, and their objects are not tracked a second time</translation>
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
            <source>Detections file</source>
            <translation>Detections file</translation>
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
            <source>Download the weights first, or select an installed model</source>
            <translation>Download the weights first, or select an installed model</translation>
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
            <source>Replace predicted boxes</source>
            <translation>Replace predicted boxes</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Run</translation>
        </message>
        <message>
            <source>Segmenter</source>
            <translation>Segmenter</translation>
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
            <source>Use the detections that lie beside the video's pictures</source>
            <translation>Use the detections that lie beside the video's pictures</translation>
        </message>
        <message>
            <source>Use {0}</source>
            <translation>Use {0}</translation>
        </message>
        <message>
            <source>about {0} for {1} frames, at {2:.1f} fps as in an earlier run</source>
            <translation>about {0} for {1} frames, at {2:.1f} fps as in an earlier run</translation>
        </message>
        <message>
            <source>all, or names: person, car</source>
            <translation>all, or names: person, car</translation>
        </message>
        <message>
            <source>best installed model</source>
            <translation>best installed model</translation>
        </message>
        <message>
            <source>none, run the detector</source>
            <translation>none, run the detector</translation>
        </message>
        <message>
            <source>objects to find: person . red car .</source>
            <translation>objects to find: person . red car .</translation>
        </message>
        <message>
            <source>to</source>
            <translation>to</translation>
        </message>
        <message>
            <source>unknown, because these models have not run on this machine yet</source>
            <translation>unknown, because these models have not run on this machine yet</translation>
        </message>
        <message>
            <source>{0} (built in)</source>
            <translation>{0} (built in)</translation>
        </message>
        <message>
            <source>{0} (demonstration)</source>
            <translation>{0} (demonstration)</translation>
        </message>
        <message>
            <source>{0} (download, {1})</source>
            <translation>{0} (download, {1})</translation>
        </message>
    </context>
    <context>
        <name>KeyEditor</name>
        <message>
            <source>Action</source>
            <translation>Action</translation>
        </message>
        <message>
            <source>All actions have their default shortcuts again.</source>
            <translation>All actions have their default shortcuts again.</translation>
        </message>
        <message>
            <source>Clear</source>
            <translation>Clear</translation>
        </message>
        <message>
            <source>Customize keyboard shortcuts</source>
            <translation>Customize keyboard shortcuts</translation>
        </message>
        <message>
            <source>Keep existing shortcuts</source>
            <translation>Keep existing shortcuts</translation>
        </message>
        <message>
            <source>New shortcut</source>
            <translation>New shortcut</translation>
        </message>
        <message>
            <source>Reassign</source>
            <translation>Reassign</translation>
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
            <source>Search by name or shortcut</source>
            <translation>Search by name or shortcut</translation>
        </message>
        <message>
            <source>Shortcuts</source>
            <translation>Shortcuts</translation>
        </message>
        <message>
            <source>changed</source>
            <translation>changed</translation>
        </message>
        <message>
            <source>{0} is already assigned to “{1}” in the {2} menu.</source>
            <translation>{0} is already assigned to “{1}” in the {2} menu.</translation>
        </message>
        <message>
            <source>{0} is reserved: Space plays and pans, Esc cancels the current action. Press another key.</source>
            <translation>{0} is reserved: Space plays and pans, Esc cancels the current action. Press another key.</translation>
        </message>
        <message>
            <source>{1} is now assigned to “{0}”.</source>
            <translation>{1} is now assigned to “{0}”.</translation>
        </message>
        <message>
            <source>“{0}” no longer has a shortcut.</source>
            <translation>“{0}” no longer has a shortcut.</translation>
        </message>
    </context>
    <context>
        <name>KeyframeActions</name>
        <message>
            <source>Go</source>
            <translation>Go</translation>
        </message>
        <message>
            <source>Go to the next frame with a manual box</source>
            <translation>Go to the next frame with a manual box</translation>
        </message>
        <message>
            <source>Go to the previous frame with a manual box</source>
            <translation>Go to the previous frame with a manual box</translation>
        </message>
        <message>
            <source>Next keyframe</source>
            <translation>Next keyframe</translation>
        </message>
        <message>
            <source>No keyframe after this frame</source>
            <translation>No keyframe after this frame</translation>
        </message>
        <message>
            <source>No keyframe before this frame</source>
            <translation>No keyframe before this frame</translation>
        </message>
        <message>
            <source>Previous keyframe</source>
            <translation>Previous keyframe</translation>
        </message>
    </context>
    <context>
        <name>KindNames</name>
        <message>
            <source>across a scene cut</source>
            <translation>across a scene cut</translation>
        </message>
        <message>
            <source>change of colours</source>
            <translation>change of colours</translation>
        </message>
        <message>
            <source>duplicate</source>
            <translation>duplicate</translation>
        </message>
        <message>
            <source>encounter</source>
            <translation>encounter</translation>
        </message>
        <message>
            <source>falling score</source>
            <translation>falling score</translation>
        </message>
        <message>
            <source>gap</source>
            <translation>gap</translation>
        </message>
        <message>
            <source>jump</source>
            <translation>jump</translation>
        </message>
        <message>
            <source>lost and reappeared</source>
            <translation>lost and reappeared</translation>
        </message>
        <message>
            <source>occluded by another track</source>
            <translation>occluded by another track</translation>
        </message>
        <message>
            <source>prompted again</source>
            <translation>prompted again</translation>
        </message>
        <message>
            <source>starts inside the frame</source>
            <translation>starts inside the frame</translation>
        </message>
        <message>
            <source>sudden change of size</source>
            <translation>sudden change of size</translation>
        </message>
        <message>
            <source>untracked object</source>
            <translation>untracked object</translation>
        </message>
        <message>
            <source>very short</source>
            <translation>very short</translation>
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
            <source>Detector classes</source>
            <translation>Detector classes</translation>
        </message>
    </context>
    <context>
        <name>LabelList</name>
        <message>
            <source>Add</source>
            <translation>Add</translation>
        </message>
        <message>
            <source>Assign all tracks of this class to another class and remove this one</source>
            <translation>Assign all tracks of this class to another class and remove this one</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Color…</source>
            <translation>Color…</translation>
        </message>
        <message>
            <source>Double-click to change the color</source>
            <translation>Double-click to change the color</translation>
        </message>
        <message>
            <source>Down</source>
            <translation>Down</translation>
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
            <source>Remove this class, if it has no tracks</source>
            <translation>Remove this class, if it has no tracks</translation>
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
        <name>LabelsFeature</name>
        <message>
            <source>Assign class {0}</source>
            <translation>Assign class {0}</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Classes and attributes…</source>
            <translation>Classes and attributes…</translation>
        </message>
        <message>
            <source>Edit classes, colors and attributes, and map detector classes</source>
            <translation>Edit classes, colors and attributes, and map detector classes</translation>
        </message>
        <message>
            <source>In the selected range, or else from this frame on until the next change</source>
            <translation>In the selected range, or else from this frame on until the next change</translation>
        </message>
        <message>
            <source>Mark as {0}</source>
            <translation>Mark as {0}</translation>
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
            <source>default</source>
            <translation>default</translation>
        </message>
        <message>
            <source>in review</source>
            <translation>in review</translation>
        </message>
        <message>
            <source>needing work</source>
            <translation>needing work</translation>
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
        <name>LaneOrder</name>
        <message>
            <source>Group by class</source>
            <translation>Group by class</translation>
        </message>
        <message>
            <source>Group by length</source>
            <translation>Group by length</translation>
        </message>
        <message>
            <source>Group by start</source>
            <translation>Group by start</translation>
        </message>
        <message>
            <source>Group by suspicion</source>
            <translation>Group by suspicion</translation>
        </message>
        <message>
            <source>Lanes</source>
            <translation>Lanes</translation>
        </message>
        <message>
            <source>Show lanes in groups with a heading</source>
            <translation>Show lanes in groups with a heading</translation>
        </message>
        <message>
            <source>Sort and group the lanes</source>
            <translation>Sort and group the lanes</translation>
        </message>
        <message>
            <source>Sort by class</source>
            <translation>Sort by class</translation>
        </message>
        <message>
            <source>Sort by length</source>
            <translation>Sort by length</translation>
        </message>
        <message>
            <source>Sort by number</source>
            <translation>Sort by number</translation>
        </message>
        <message>
            <source>Sort by start</source>
            <translation>Sort by start</translation>
        </message>
        <message>
            <source>Sort by suspicion</source>
            <translation>Sort by suspicion</translation>
        </message>
        <message>
            <source>Sort the lanes of the timeline</source>
            <translation>Sort the lanes of the timeline</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>LastingBoxes</name>
        <message>
            <source>A drawn box holds from its frame on until the next keyframe or until it is outside; Shift while drawing does the opposite</source>
            <translation>A drawn box holds from its frame on until the next keyframe or until it is outside; Shift while drawing does the opposite</translation>
        </message>
        <message>
            <source>Drawn boxes last</source>
            <translation>Drawn boxes last</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
    </context>
    <context>
        <name>LogPanel</name>
        <message>
            <source>All levels</source>
            <translation>All levels</translation>
        </message>
        <message>
            <source>Clear</source>
            <translation>Clear</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Copy</translation>
        </message>
        <message>
            <source>Copy the selected text, or all lines</source>
            <translation>Copy the selected text, or all lines</translation>
        </message>
        <message>
            <source>Errors</source>
            <translation>Errors</translation>
        </message>
        <message>
            <source>Information</source>
            <translation>Information</translation>
        </message>
        <message>
            <source>Show log folder</source>
            <translation>Show log folder</translation>
        </message>
        <message>
            <source>Warnings</source>
            <translation>Warnings</translation>
        </message>
        <message>
            <source>not written to a file</source>
            <translation>not written to a file</translation>
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
            <source>Stop and close</source>
            <translation>Stop and close</translation>
        </message>
        <message>
            <source>Stop the job and close? Finished frames are kept, and a run can be resumed later.</source>
            <translation>Stop the job and close? Finished frames are kept, and a run can be resumed later.</translation>
        </message>
        <message>
            <source>Tracks with a box or mask in this frame that the filter shows</source>
            <translation>Tracks with a box or mask in this frame that the filter shows</translation>
        </message>
        <message>
            <source>read-only</source>
            <translation>read-only</translation>
        </message>
        <message>
            <source>saved</source>
            <translation>saved</translation>
        </message>
        <message>
            <source>“{0}” needs {1}</source>
            <translation>“{0}” needs {1}</translation>
        </message>
    </context>
    <context>
        <name>MaskActions</name>
        <message>
            <source>Bring to the front</source>
            <translation>Bring to the front</translation>
        </message>
        <message>
            <source>Copied the mask of track {0} in frame {1}</source>
            <translation>Copied the mask of track {0} in frame {1}</translation>
        </message>
        <message>
            <source>Copy mask</source>
            <translation>Copy mask</translation>
        </message>
        <message>
            <source>Copy the mask to the next frame and go there</source>
            <translation>Copy the mask to the next frame and go there</translation>
        </message>
        <message>
            <source>Copy to the next frame</source>
            <translation>Copy to the next frame</translation>
        </message>
        <message>
            <source>Delete mask</source>
            <translation>Delete mask</translation>
        </message>
        <message>
            <source>Delete the manual mask, in this frame or in the selected range; the predicted one is visible again</source>
            <translation>Delete the manual mask, in this frame or in the selected range; the predicted one is visible again</translation>
        </message>
        <message>
            <source>Drop all parts of the mask but the largest, in this frame or in the selected range</source>
            <translation>Drop all parts of the mask but the largest, in this frame or in the selected range</translation>
        </message>
        <message>
            <source>Drop specks</source>
            <translation>Drop specks</translation>
        </message>
        <message>
            <source>Fill holes</source>
            <translation>Fill holes</translation>
        </message>
        <message>
            <source>Fill the holes of the mask, in this frame or in the selected range</source>
            <translation>Fill the holes of the mask, in this frame or in the selected range</translation>
        </message>
        <message>
            <source>Give pixels that masks share to the other tracks, in this frame or in the selected range</source>
            <translation>Give pixels that masks share to the other tracks, in this frame or in the selected range</translation>
        </message>
        <message>
            <source>Give pixels that masks share to the selected track, in this frame or in the selected range</source>
            <translation>Give pixels that masks share to the selected track, in this frame or in the selected range</translation>
        </message>
        <message>
            <source>Larger</source>
            <translation>Larger</translation>
        </message>
        <message>
            <source>Move down</source>
            <translation>Move down</translation>
        </message>
        <message>
            <source>Move left</source>
            <translation>Move left</translation>
        </message>
        <message>
            <source>Move right</source>
            <translation>Move right</translation>
        </message>
        <message>
            <source>Move the mask by a pixel, in this frame or in the selected range</source>
            <translation>Move the mask by a pixel, in this frame or in the selected range</translation>
        </message>
        <message>
            <source>Move up</source>
            <translation>Move up</translation>
        </message>
        <message>
            <source>Nothing to copy: the selected track has no mask in this frame</source>
            <translation>Nothing to copy: the selected track has no mask in this frame</translation>
        </message>
        <message>
            <source>Nothing to paste: copy a mask in this video first</source>
            <translation>Nothing to paste: copy a mask in this video first</translation>
        </message>
        <message>
            <source>Paste mask</source>
            <translation>Paste mask</translation>
        </message>
        <message>
            <source>Paste the copied mask for the selected track, in this frame or in the selected range</source>
            <translation>Paste the copied mask for the selected track, in this frame or in the selected range</translation>
        </message>
        <message>
            <source>Remember the mask of the selected track in this frame</source>
            <translation>Remember the mask of the selected track in this frame</translation>
        </message>
        <message>
            <source>Scale the mask by 5 %, in this frame or in the selected range</source>
            <translation>Scale the mask by 5 %, in this frame or in the selected range</translation>
        </message>
        <message>
            <source>Send to the back</source>
            <translation>Send to the back</translation>
        </message>
        <message>
            <source>Smaller</source>
            <translation>Smaller</translation>
        </message>
    </context>
    <context>
        <name>MaskPrompts</name>
        <message>
            <source>Clean up with SAM 2</source>
            <translation>Clean up with SAM 2</translation>
        </message>
        <message>
            <source>Cleaned up by {0}: IoU {1:.2f} with the drawn mask</source>
            <translation>Cleaned up by {0}: IoU {1:.2f} with the drawn mask</translation>
        </message>
        <message>
            <source>Cleaning up the mask</source>
            <translation>Cleaning up the mask</translation>
        </message>
        <message>
            <source>Fill between two masks</source>
            <translation>Fill between two masks</translation>
        </message>
        <message>
            <source>Fill the frames between the manual masks before and after this frame, from both ends</source>
            <translation>Fill the frames between the manual masks before and after this frame, from both ends</translation>
        </message>
        <message>
            <source>Let the segmenter find the object that the drawn mask means</source>
            <translation>Let the segmenter find the object that the drawn mask means</translation>
        </message>
        <message>
            <source>Mask</source>
            <translation>Mask</translation>
        </message>
        <message>
            <source>Nothing to clean up: the track has no mask in this frame</source>
            <translation>Nothing to clean up: the track has no mask in this frame</translation>
        </message>
        <message>
            <source>Propagate the mask</source>
            <translation>Propagate the mask</translation>
        </message>
        <message>
            <source>Propagate the mask backward</source>
            <translation>Propagate the mask backward</translation>
        </message>
        <message>
            <source>Propagate the mask forward</source>
            <translation>Propagate the mask forward</translation>
        </message>
        <message>
            <source>Propagate the mask of this frame up to the next manual mask or box</source>
            <translation>Propagate the mask of this frame up to the next manual mask or box</translation>
        </message>
        <message>
            <source>The image of this frame is not decoded yet; try again</source>
            <translation>The image of this frame is not decoded yet; try again</translation>
        </message>
        <message>
            <source>The mask has changed meanwhile; clean it up again</source>
            <translation>The mask has changed meanwhile; clean it up again</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>{0} finds no object like this mask (best IoU {1:.2f}); the mask is unchanged</source>
            <translation>{0} finds no object like this mask (best IoU {1:.2f}); the mask is unchanged</translation>
        </message>
    </context>
    <context>
        <name>MaskTarget</name>
        <message>
            <source>; {0} pixels were left to locked or reviewed tracks</source>
            <translation>; {0} pixels were left to locked or reviewed tracks</translation>
        </message>
        <message>
            <source>Select a single track to paint its mask</source>
            <translation>Select a single track to paint its mask</translation>
        </message>
        <message>
            <source>The mask has {0} pixels</source>
            <translation>The mask has {0} pixels</translation>
        </message>
        <message>
            <source>Track {0} is locked; unlock it first</source>
            <translation>Track {0} is locked; unlock it first</translation>
        </message>
    </context>
    <context>
        <name>MasksFeature</name>
        <message>
            <source>. {0} pixels are shared with other tracks: U takes them, Shift+U gives them</source>
            <translation>. {0} pixels are shared with other tracks: U takes them, Shift+U gives them</translation>
        </message>
        <message>
            <source>Add the inside of a polygon to the mask: click its corners, or drag a line around it</source>
            <translation>Add the inside of a polygon to the mask: click its corners, or drag a line around it</translation>
        </message>
        <message>
            <source>Brush</source>
            <translation>Brush</translation>
        </message>
        <message>
            <source>Click corners or drag a line; Enter adds the inside, Alt+Enter erases it</source>
            <translation>Click corners or drag a line; Enter adds the inside, Alt+Enter erases it</translation>
        </message>
        <message>
            <source>Corners of the outline</source>
            <translation>Corners of the outline</translation>
        </message>
        <message>
            <source>Drag a corner to move it, drag an edge to add one, Alt-click a corner to delete it</source>
            <translation>Drag a corner to move it, drag an edge to add one, Alt-click a corner to delete it</translation>
        </message>
        <message>
            <source>Drag to erase, Alt-drag to paint; wheel: size ({0} pixels), Ctrl+wheel: zoom</source>
            <translation>Drag to erase, Alt-drag to paint; wheel: size ({0} pixels), Ctrl+wheel: zoom</translation>
        </message>
        <message>
            <source>Drag to paint, Alt-drag to erase; wheel: size ({0} pixels), Ctrl+wheel: zoom</source>
            <translation>Drag to paint, Alt-drag to erase; wheel: size ({0} pixels), Ctrl+wheel: zoom</translation>
        </message>
        <message>
            <source>Erase pixels of the selected track's mask</source>
            <translation>Erase pixels of the selected track's mask</translation>
        </message>
        <message>
            <source>Eraser</source>
            <translation>Eraser</translation>
        </message>
        <message>
            <source>Hold the box</source>
            <translation>Hold the box</translation>
        </message>
        <message>
            <source>Keep the box as it is while its mask is painted, instead of fitting it</source>
            <translation>Keep the box as it is while its mask is painted, instead of fitting it</translation>
        </message>
        <message>
            <source>Larger brush</source>
            <translation>Larger brush</translation>
        </message>
        <message>
            <source>Mask</source>
            <translation>Mask</translation>
        </message>
        <message>
            <source>Move, add and delete corners of the mask's outline</source>
            <translation>Move, add and delete corners of the mask's outline</translation>
        </message>
        <message>
            <source>Paint the mask of the selected track, or of a new one</source>
            <translation>Paint the mask of the selected track, or of a new one</translation>
        </message>
        <message>
            <source>Paint with a square tip instead of a round one</source>
            <translation>Paint with a square tip instead of a round one</translation>
        </message>
        <message>
            <source>Polygon</source>
            <translation>Polygon</translation>
        </message>
        <message>
            <source>Smaller brush</source>
            <translation>Smaller brush</translation>
        </message>
        <message>
            <source>Square brush</source>
            <translation>Square brush</translation>
        </message>
        <message>
            <source>The wheel does the same</source>
            <translation>The wheel does the same</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
    </context>
    <context>
        <name>ModelNotice</name>
        <message>
            <source>Better, for your own footage:</source>
            <translation>Better, for your own footage:</translation>
        </message>
        <message>
            <source>Detections from a file…</source>
            <translation>Detections from a file…</translation>
        </message>
        <message>
            <source>Measure its speed</source>
            <translation>Measure its speed</translation>
        </message>
        <message>
            <source>Measuring {0}</source>
            <translation>Measuring {0}</translation>
        </message>
        <message>
            <source>Run the model with random weights for ten seconds; nothing is downloaded</source>
            <translation>Run the model with random weights for ten seconds; nothing is downloaded</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Stop</translation>
        </message>
        <message>
            <source>This run uses built-in models:</source>
            <translation>This run uses built-in models:</translation>
        </message>
        <message>
            <source>loading libraries</source>
            <translation>loading libraries</translation>
        </message>
        <message>
            <source>measuring: {0} of {1} s</source>
            <translation>measuring: {0} of {1} s</translation>
        </message>
        <message>
            <source>{0:.2g} fps with {1} objects on {2}</source>
            <translation>{0:.2g} fps with {1} objects on {2}</translation>
        </message>
        <message>
            <source>{0} ({1}, {2})</source>
            <translation>{0} ({1}, {2})</translation>
        </message>
    </context>
    <context>
        <name>Needs</name>
        <message>
            <source> and </source>
            <translation> and </translation>
        </message>
        <message>
            <source>a run in progress</source>
            <translation>a run in progress</translation>
        </message>
        <message>
            <source>a selected range</source>
            <translation>a selected range</translation>
        </message>
        <message>
            <source>a selected track</source>
            <translation>a selected track</translation>
        </message>
        <message>
            <source>a writable project</source>
            <translation>a writable project</translation>
        </message>
        <message>
            <source>an open project</source>
            <translation>an open project</translation>
        </message>
        <message>
            <source>an open video</source>
            <translation>an open video</translation>
        </message>
        <message>
            <source>one selected track</source>
            <translation>one selected track</translation>
        </message>
        <message>
            <source>the current run to finish</source>
            <translation>the current run to finish</translation>
        </message>
        <message>
            <source>two selected tracks</source>
            <translation>two selected tracks</translation>
        </message>
    </context>
    <context>
        <name>NetworkQuestion</name>
        <message>
            <source>Connect to other computers for the videos of {0}?</source>
            <translation>Connect to other computers for the videos of {0}?</translation>
        </message>
        <message>
            <source>Connecting can tell these computers your name and password hash. Connect only if you trust the project and know these computers. Without them, tracks can be seen and corrected, but not the frames of these videos.</source>
            <translation>Connecting can tell these computers your name and password hash. Connect only if you trust the project and know these computers. Without them, tracks can be seen and corrected, but not the frames of these videos.</translation>
        </message>
        <message>
            <source>Trust and connect</source>
            <translation>Trust and connect</translation>
        </message>
        <message>
            <source>Videos on other computers</source>
            <translation>Videos on other computers</translation>
        </message>
        <message numerus="yes">
            <source>and %n others</source>
            <translation>
                <numerusform>and %n other</numerusform>
                <numerusform>and %n others</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>NotePanel</name>
        <message>
            <source>All notes</source>
            <translation>All notes</translation>
        </message>
        <message>
            <source>Answer, then press Enter</source>
            <translation>Answer, then press Enter</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Close</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Delete</translation>
        </message>
        <message>
            <source>Done notes</source>
            <translation>Done notes</translation>
        </message>
        <message>
            <source>New note: frame {0}</source>
            <translation>New note: frame {0}</translation>
        </message>
        <message>
            <source>New note: frame {0}, at the pointer</source>
            <translation>New note: frame {0}, at the pointer</translation>
        </message>
        <message>
            <source>New note: frame {0}, track {1}</source>
            <translation>New note: frame {0}, track {1}</translation>
        </message>
        <message>
            <source>Open notes</source>
            <translation>Open notes</translation>
        </message>
        <message>
            <source>Reopen</source>
            <translation>Reopen</translation>
        </message>
        <message>
            <source>Your name, kept with notes and review states</source>
            <translation>Your name, kept with notes and review states</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>unknown</translation>
        </message>
        <message>
            <source>{0}, track {1}</source>
            <translation>{0}, track {1}</translation>
        </message>
    </context>
    <context>
        <name>NotesFeature</name>
        <message>
            <source>Add note</source>
            <translation>Add note</translation>
        </message>
        <message>
            <source>Close or reopen note</source>
            <translation>Close or reopen note</translation>
        </message>
        <message>
            <source>Go to the next open note; after the last one, to the first</source>
            <translation>Go to the next open note; after the last one, to the first</translation>
        </message>
        <message>
            <source>Mark the note that is selected in the list as done, or as open again</source>
            <translation>Mark the note that is selected in the list as done, or as open again</translation>
        </message>
        <message>
            <source>Needs work</source>
            <translation>Needs work</translation>
        </message>
        <message>
            <source>Next open note</source>
            <translation>Next open note</translation>
        </message>
        <message>
            <source>No note is selected; select one in the list of notes</source>
            <translation>No note is selected; select one in the list of notes</translation>
        </message>
        <message>
            <source>Notes</source>
            <translation>Notes</translation>
        </message>
        <message>
            <source>Pin a note to this frame: to the selected track, or to the place under the pointer</source>
            <translation>Pin a note to this frame: to the selected track, or to the place under the pointer</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Set the review state of the selected tracks to “needs work”, with your name and the time</source>
            <translation>Set the review state of the selected tracks to “needs work”, with your name and the time</translation>
        </message>
        <message>
            <source>There are no open notes</source>
            <translation>There are no open notes</translation>
        </message>
    </context>
    <context>
        <name>Nudge</name>
        <message>
            <source>Down</source>
            <translation>Down</translation>
        </message>
        <message numerus="yes">
            <source>Down by %n pixels</source>
            <translation>
                <numerusform>Down by %n pixel</numerusform>
                <numerusform>Down by %n pixels</numerusform>
            </translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Edit</translation>
        </message>
        <message>
            <source>Left</source>
            <translation>Left</translation>
        </message>
        <message numerus="yes">
            <source>Left by %n pixels</source>
            <translation>
                <numerusform>Left by %n pixel</numerusform>
                <numerusform>Left by %n pixels</numerusform>
            </translation>
        </message>
        <message>
            <source>Move box</source>
            <translation>Move box</translation>
        </message>
        <message numerus="yes">
            <source>Move the selected box by %n pixels</source>
            <translation>
                <numerusform>Move the selected box by %n pixel</numerusform>
                <numerusform>Move the selected box by %n pixels</numerusform>
            </translation>
        </message>
        <message>
            <source>Right</source>
            <translation>Right</translation>
        </message>
        <message numerus="yes">
            <source>Right by %n pixels</source>
            <translation>
                <numerusform>Right by %n pixel</numerusform>
                <numerusform>Right by %n pixels</numerusform>
            </translation>
        </message>
        <message>
            <source>Select a single track with a box in this frame to move its box</source>
            <translation>Select a single track with a box in this frame to move its box</translation>
        </message>
        <message>
            <source>Up</source>
            <translation>Up</translation>
        </message>
        <message numerus="yes">
            <source>Up by %n pixels</source>
            <translation>
                <numerusform>Up by %n pixel</numerusform>
                <numerusform>Up by %n pixels</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>OfferBar</name>
        <message>
            <source>Dismiss</source>
            <translation>Dismiss</translation>
        </message>
    </context>
    <context>
        <name>Opening</name>
        <message>
            <source>All files</source>
            <translation>All files</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>No recent files</source>
            <translation>No recent files</translation>
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
        <message>
            <source>Reading {0}</source>
            <translation>Reading {0}</translation>
        </message>
        <message>
            <source>{0} was not added</source>
            <translation>{0} was not added</translation>
        </message>
    </context>
    <context>
        <name>OutlineTool</name>
        <message>
            <source>Select a single track with a mask in this frame to edit its outline</source>
            <translation>Select a single track with a mask in this frame to edit its outline</translation>
        </message>
    </context>
    <context>
        <name>Panels</name>
        <message>
            <source>Panels</source>
            <translation>Panels</translation>
        </message>
        <message>
            <source>Show or hide the {0} panel</source>
            <translation>Show or hide the {0} panel</translation>
        </message>
    </context>
    <context>
        <name>PictureControls</name>
        <message>
            <source>Brightness</source>
            <translation>Brightness</translation>
        </message>
        <message>
            <source>Brightness {0}, contrast {1} (view only)</source>
            <translation>Brightness {0}, contrast {1} (view only)</translation>
        </message>
        <message>
            <source>Contrast</source>
            <translation>Contrast</translation>
        </message>
        <message>
            <source>Decrease brightness</source>
            <translation>Decrease brightness</translation>
        </message>
        <message>
            <source>Decrease contrast</source>
            <translation>Decrease contrast</translation>
        </message>
        <message>
            <source>Decrease mask opacity</source>
            <translation>Decrease mask opacity</translation>
        </message>
        <message>
            <source>Image</source>
            <translation>Image</translation>
        </message>
        <message>
            <source>Image: adjusted</source>
            <translation>Image: adjusted</translation>
        </message>
        <message>
            <source>Increase brightness</source>
            <translation>Increase brightness</translation>
        </message>
        <message>
            <source>Increase contrast</source>
            <translation>Increase contrast</translation>
        </message>
        <message>
            <source>Increase mask opacity</source>
            <translation>Increase mask opacity</translation>
        </message>
        <message>
            <source>Mask opacity</source>
            <translation>Mask opacity</translation>
        </message>
        <message>
            <source>Reset</source>
            <translation>Reset</translation>
        </message>
        <message>
            <source>Reset brightness and contrast</source>
            <translation>Reset brightness and contrast</translation>
        </message>
        <message>
            <source>Reset brightness, contrast and mask opacity</source>
            <translation>Reset brightness, contrast and mask opacity</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>Plans</name>
        <message numerus="yes">
            <source>%n tracks</source>
            <translation>
                <numerusform>%n track</numerusform>
                <numerusform>%n tracks</numerusform>
            </translation>
        </message>
        <message>
            <source>Clear the keyframe of {0} in frame {1}</source>
            <translation>Clear the keyframe of {0} in frame {1}</translation>
        </message>
        <message>
            <source>Delete {0}</source>
            <translation>Delete {0}</translation>
        </message>
        <message>
            <source>Delete {0} {1}</source>
            <translation>Delete {0} {1}</translation>
        </message>
        <message>
            <source>End the interpolation of {0} {1}</source>
            <translation>End the interpolation of {0} {1}</translation>
        </message>
        <message>
            <source>Fill all gaps of {0}</source>
            <translation>Fill all gaps of {0}</translation>
        </message>
        <message>
            <source>Fill the gap of {0} at frame {1}</source>
            <translation>Fill the gap of {0} at frame {1}</translation>
        </message>
        <message>
            <source>Interpolate {0} {1}</source>
            <translation>Interpolate {0} {1}</translation>
        </message>
        <message>
            <source>Lock {0}</source>
            <translation>Lock {0}</translation>
        </message>
        <message>
            <source>Mark {0} as occluded {1}</source>
            <translation>Mark {0} as occluded {1}</translation>
        </message>
        <message>
            <source>Mark {0} as outside {1}</source>
            <translation>Mark {0} as outside {1}</translation>
        </message>
        <message>
            <source>Merge {0} into {1}</source>
            <translation>Merge {0} into {1}</translation>
        </message>
        <message>
            <source>Merge {0} with</source>
            <translation>Merge {0} with</translation>
        </message>
        <message>
            <source>Reduce {0} to keyframes</source>
            <translation>Reduce {0} to keyframes</translation>
        </message>
        <message>
            <source>Reduce {0} to keyframes within {1} px</source>
            <translation>Reduce {0} to keyframes within {1} px</translation>
        </message>
        <message>
            <source>Renumber all tracks by first appearance</source>
            <translation>Renumber all tracks by first appearance</translation>
        </message>
        <message>
            <source>Renumber {0} to</source>
            <translation>Renumber {0} to</translation>
        </message>
        <message>
            <source>Renumber {0} to {1}</source>
            <translation>Renumber {0} to {1}</translation>
        </message>
        <message>
            <source>Select a range first: Shift-drag on the timeline</source>
            <translation>Select a range first: Shift-drag on the timeline</translation>
        </message>
        <message>
            <source>Select a track first: click it on the canvas, on the timeline or in the table</source>
            <translation>Select a track first: click it on the canvas, on the timeline or in the table</translation>
        </message>
        <message>
            <source>Select fewer tracks: this edit takes at most {0}, and {1} are selected</source>
            <translation>Select fewer tracks: this edit takes at most {0}, and {1} are selected</translation>
        </message>
        <message>
            <source>Select two tracks first: click one, then Ctrl-click another</source>
            <translation>Select two tracks first: click one, then Ctrl-click another</translation>
        </message>
        <message>
            <source>Set a keyframe of {0} in frame {1}</source>
            <translation>Set a keyframe of {0} in frame {1}</translation>
        </message>
        <message>
            <source>Split off frames {1} to {2} of {0}</source>
            <translation>Split off frames {1} to {2} of {0}</translation>
        </message>
        <message>
            <source>Split {0} at frame {1}</source>
            <translation>Split {0} at frame {1}</translation>
        </message>
        <message>
            <source>Swap {0} and {1} {2}</source>
            <translation>Swap {0} and {1} {2}</translation>
        </message>
        <message>
            <source>Swap {0} {1} with</source>
            <translation>Swap {0} {1} with</translation>
        </message>
        <message>
            <source>Track {0} needs a keyframe on each side of frame {1}: set them (K), or select a range on the timeline</source>
            <translation>Track {0} needs a keyframe on each side of frame {1}: set them (K), or select a range on the timeline</translation>
        </message>
        <message>
            <source>Unlock {0}</source>
            <translation>Unlock {0}</translation>
        </message>
        <message>
            <source>Unmark {0} as occluded {1}</source>
            <translation>Unmark {0} as occluded {1}</translation>
        </message>
        <message>
            <source>Unmark {0} as outside {1}</source>
            <translation>Unmark {0} as outside {1}</translation>
        </message>
        <message>
            <source>an unused number</source>
            <translation>an unused number</translation>
        </message>
        <message>
            <source>click the other track or type its number</source>
            <translation>click the other track or type its number</translation>
        </message>
        <message>
            <source>from frame {0} on</source>
            <translation>from frame {0} on</translation>
        </message>
        <message>
            <source>in frame {0}</source>
            <translation>in frame {0}</translation>
        </message>
        <message>
            <source>in frames {0} to {1}</source>
            <translation>in frames {0} to {1}</translation>
        </message>
        <message>
            <source>maximum deviation of box edges</source>
            <translation>maximum deviation of box edges</translation>
        </message>
        <message>
            <source>no video is open; open a project first</source>
            <translation>no video is open; open a project first</translation>
        </message>
        <message>
            <source>that track does not exist; click one or type its number</source>
            <translation>that track does not exist; click one or type its number</translation>
        </message>
        <message>
            <source>there are no frames before frame 0; go to a later frame</source>
            <translation>there are no frames before frame 0; go to a later frame</translation>
        </message>
        <message>
            <source>track {0}</source>
            <translation>track {0}</translation>
        </message>
        <message>
            <source>tracks {0}</source>
            <translation>tracks {0}</translation>
        </message>
        <message>
            <source>where both have a box, keep</source>
            <translation>where both have a box, keep</translation>
        </message>
        <message>
            <source>{0} of {1} boxes become keyframes; the rest are interpolated</source>
            <translation>{0} of {1} boxes become keyframes; the rest are interpolated</translation>
        </message>
    </context>
    <context>
        <name>PresetRow</name>
        <message>
            <source>Delete</source>
            <translation>Delete</translation>
        </message>
        <message>
            <source>Delete this preset</source>
            <translation>Delete this preset</translation>
        </message>
        <message>
            <source>Save</source>
            <translation>Save</translation>
        </message>
        <message>
            <source>Save the current options under this name</source>
            <translation>Save the current options under this name</translation>
        </message>
        <message>
            <source>preset name</source>
            <translation>preset name</translation>
        </message>
    </context>
    <context>
        <name>PreviewPanel</name>
        <message>
            <source>Detecting</source>
            <translation>Detecting</translation>
        </message>
        <message>
            <source>Run the detector on the current frame</source>
            <translation>Run the detector on the current frame</translation>
        </message>
        <message>
            <source>Show detections</source>
            <translation>Show detections</translation>
        </message>
        <message>
            <source>The detector finds no objects in this frame</source>
            <translation>The detector finds no objects in this frame</translation>
        </message>
        <message>
            <source>There is no picture to look at: the video is missing or not decoded yet</source>
            <translation>There is no picture to look at: the video is missing or not decoded yet</translation>
        </message>
        <message>
            <source>Threshold: boxes with lower scores are not tracked</source>
            <translation>Threshold: boxes with lower scores are not tracked</translation>
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
        <name>PreviewWords</name>
        <message numerus="yes">
            <source>%n manual boxes are deleted</source>
            <translation>
                <numerusform>%n manual box is deleted</numerusform>
                <numerusform>%n manual boxes are deleted</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n manual boxes move</source>
            <translation>
                <numerusform>%n manual box moves</numerusform>
                <numerusform>%n manual boxes move</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n tracks</source>
            <translation>
                <numerusform>%n track</numerusform>
                <numerusform>%n tracks</numerusform>
            </translation>
        </message>
        <message>
            <source>boxes in frame {0}</source>
            <translation>boxes in frame {0}</translation>
        </message>
        <message>
            <source>boxes in frames {0}-{1}</source>
            <translation>boxes in frames {0}-{1}</translation>
        </message>
        <message>
            <source>deleted</source>
            <translation>deleted</translation>
        </message>
        <message>
            <source>new</source>
            <translation>new</translation>
        </message>
        <message>
            <source>nothing changes</source>
            <translation>nothing changes</translation>
        </message>
        <message>
            <source>track {0}: {1}</source>
            <translation>track {0}: {1}</translation>
        </message>
    </context>
    <context>
        <name>ProjectCheck</name>
        <message>
            <source>Checking {0}, which was not closed properly</source>
            <translation>Checking {0}, which was not closed properly</translation>
        </message>
        <message>
            <source>File</source>
            <translation>File</translation>
        </message>
        <message>
            <source>It could not be opened read-only ({0}). Restore a backup copy.</source>
            <translation>It could not be opened read-only ({0}). Restore a backup copy.</translation>
        </message>
        <message>
            <source>It is open read-only now, to export what is whole. Restore a backup copy to go on.</source>
            <translation>It is open read-only now, to export what is whole. Restore a backup copy to go on.</translation>
        </message>
        <message>
            <source>The check of {0} was cancelled; it is repeated when the project is opened again</source>
            <translation>The check of {0} was cancelled; it is repeated when the project is opened again</translation>
        </message>
        <message>
            <source>{0} is damaged</source>
            <translation>{0} is damaged</translation>
        </message>
        <message>
            <source>{0} was not closed properly; nothing in it is damaged</source>
            <translation>{0} was not closed properly; nothing in it is damaged</translation>
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
            <source>Connect…</source>
            <translation>Connect…</translation>
        </message>
        <message>
            <source>Create an empty project</source>
            <translation>Create an empty project</translation>
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
            <source>Locate video…</source>
            <translation>Locate video…</translation>
        </message>
        <message>
            <source>Locate {0}</source>
            <translation>Locate {0}</translation>
        </message>
        <message>
            <source>Locate…</source>
            <translation>Locate…</translation>
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
            <source>Read video</source>
            <translation>Read video</translation>
        </message>
        <message>
            <source>Reading {0}</source>
            <translation>Reading {0}</translation>
        </message>
        <message>
            <source>Remove the current video with its tracks from the project; its file is not touched</source>
            <translation>Remove the current video with its tracks from the project; its file is not touched</translation>
        </message>
        <message>
            <source>Remove video from project…</source>
            <translation>Remove video from project…</translation>
        </message>
        <message>
            <source>Removed {0}; undo brings it back</source>
            <translation>Removed {0}; undo brings it back</translation>
        </message>
        <message>
            <source>Select the new location of the current video</source>
            <translation>Select the new location of the current video</translation>
        </message>
        <message>
            <source>Video of the project to show</source>
            <translation>Video of the project to show</translation>
        </message>
        <message>
            <source>Videos</source>
            <translation>Videos</translation>
        </message>
        <message>
            <source>{0} already exists: open it, or choose another name</source>
            <translation>{0} already exists: open it, or choose another name</translation>
        </message>
        <message>
            <source>{0} is on another computer, which was not touched.</source>
            <translation>{0} is on another computer, which was not touched.</translation>
        </message>
        <message>
            <source>{0} was moved or changed. Its tracks are still in the project.</source>
            <translation>{0} was moved or changed. Its tracks are still in the project.</translation>
        </message>
        <message>
            <source>{0} was not read, so its frames cannot be shown.</source>
            <translation>{0} was not read, so its frames cannot be shown.</translation>
        </message>
    </context>
    <context>
        <name>PromptActions</name>
        <message>
            <source>Add to queue</source>
            <translation>Add to queue</translation>
        </message>
        <message>
            <source>Decide later</source>
            <translation>Decide later</translation>
        </message>
        <message>
            <source>Discard</source>
            <translation>Discard</translation>
        </message>
        <message>
            <source>Discard the prompt, the propagation or the proposal</source>
            <translation>Discard the prompt, the propagation or the proposal</translation>
        </message>
        <message>
            <source>Drag a box around an object, click to add points, Alt-click to exclude points. Ctrl-drag propagates immediately</source>
            <translation>Drag a box around an object, click to add points, Alt-click to exclude points. Ctrl-drag propagates immediately</translation>
        </message>
        <message>
            <source>Hide the proposal for now; it stays open</source>
            <translation>Hide the proposal for now; it stays open</translation>
        </message>
        <message>
            <source>Prompt</source>
            <translation>Prompt</translation>
        </message>
        <message>
            <source>Prompt a new object</source>
            <translation>Prompt a new object</translation>
        </message>
        <message>
            <source>Prompts and proposals</source>
            <translation>Prompts and proposals</translation>
        </message>
        <message>
            <source>Propagate backward only</source>
            <translation>Propagate backward only</translation>
        </message>
        <message>
            <source>Propagate forward only</source>
            <translation>Propagate forward only</translation>
        </message>
        <message>
            <source>Propagate or accept</source>
            <translation>Propagate or accept</translation>
        </message>
        <message>
            <source>Propagate the prompt, or accept the proposal</source>
            <translation>Propagate the prompt, or accept the proposal</translation>
        </message>
        <message>
            <source>Propagate towards the end of the video only; press again for both directions</source>
            <translation>Propagate towards the end of the video only; press again for both directions</translation>
        </message>
        <message>
            <source>Propagate towards the start of the video only; press again for both directions</source>
            <translation>Propagate towards the start of the video only; press again for both directions</translation>
        </message>
        <message>
            <source>Queue this prompt and add more; Enter then propagates all of them together</source>
            <translation>Queue this prompt and add more; Enter then propagates all of them together</translation>
        </message>
        <message>
            <source>Show open proposals</source>
            <translation>Show open proposals</translation>
        </message>
        <message>
            <source>Show the proposals that you put off</source>
            <translation>Show the proposals that you put off</translation>
        </message>
        <message>
            <source>Stop propagating and propose the frames that are finished</source>
            <translation>Stop propagating and propose the frames that are finished</translation>
        </message>
        <message>
            <source>Stop propagation</source>
            <translation>Stop propagation</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>Use the prompt for a new object instead of the selected track</source>
            <translation>Use the prompt for a new object instead of the selected track</translation>
        </message>
    </context>
    <context>
        <name>PromptBar</name>
        <message>
            <source>Accept</source>
            <translation>Accept</translation>
        </message>
        <message>
            <source>Accept when done</source>
            <translation>Accept when done</translation>
        </message>
        <message>
            <source>Accepted when done</source>
            <translation>Accepted when done</translation>
        </message>
        <message>
            <source>Add to queue</source>
            <translation>Add to queue</translation>
        </message>
        <message>
            <source>Backward only</source>
            <translation>Backward only</translation>
        </message>
        <message>
            <source>Both directions</source>
            <translation>Both directions</translation>
        </message>
        <message>
            <source>Class of the new object</source>
            <translation>Class of the new object</translation>
        </message>
        <message>
            <source>Decide later</source>
            <translation>Decide later</translation>
        </message>
        <message>
            <source>Discard</source>
            <translation>Discard</translation>
        </message>
        <message>
            <source>Do not propagate beyond the range selected on the timeline</source>
            <translation>Do not propagate beyond the range selected on the timeline</translation>
        </message>
        <message>
            <source>Do not propagate beyond the track's first and last frame</source>
            <translation>Do not propagate beyond the track's first and last frame</translation>
        </message>
        <message>
            <source>Forward only</source>
            <translation>Forward only</translation>
        </message>
        <message>
            <source>New object</source>
            <translation>New object</translation>
        </message>
        <message>
            <source>Propagate</source>
            <translation>Propagate</translation>
        </message>
        <message>
            <source>Selected range</source>
            <translation>Selected range</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Stop</translation>
        </message>
        <message>
            <source>Within track</source>
            <translation>Within track</translation>
        </message>
    </context>
    <context>
        <name>PromptController</name>
        <message>
            <source>The prompt is in frame {0}: go there to add points, or draw a new box here</source>
            <translation>The prompt is in frame {0}: go there to add points, or draw a new box here</translation>
        </message>
    </context>
    <context>
        <name>PromptView</name>
        <message>
            <source>, {0} more queued</source>
            <translation>, {0} more queued</translation>
        </message>
        <message>
            <source>, {0} queued</source>
            <translation>, {0} queued</translation>
        </message>
        <message>
            <source>; {0} more open</source>
            <translation>; {0} more open</translation>
        </message>
        <message>
            <source>New object</source>
            <translation>New object</translation>
        </message>
        <message>
            <source>Propagating {0}</source>
            <translation>Propagating {0}</translation>
        </message>
        <message>
            <source>Proposal</source>
            <translation>Proposal</translation>
        </message>
        <message>
            <source>Proposal: {0}</source>
            <translation>Proposal: {0}</translation>
        </message>
        <message>
            <source>Queued prompts: {0}</source>
            <translation>Queued prompts: {0}</translation>
        </message>
        <message>
            <source>Track {0}</source>
            <translation>Track {0}</translation>
        </message>
        <message>
            <source>computing the changes</source>
            <translation>computing the changes</translation>
        </message>
        <message>
            <source>computing the mask</source>
            <translation>computing the mask</translation>
        </message>
        <message>
            <source>loading</source>
            <translation>loading</translation>
        </message>
        <message>
            <source>mask by {0}</source>
            <translation>mask by {0}</translation>
        </message>
        <message>
            <source>queued</source>
            <translation>queued</translation>
        </message>
        <message>
            <source>stopped early; {0}</source>
            <translation>stopped early; {0}</translation>
        </message>
        <message>
            <source>stopping after this frame</source>
            <translation>stopping after this frame</translation>
        </message>
        <message>
            <source>{0} (demonstration)</source>
            <translation>{0} (demonstration)</translation>
        </message>
        <message>
            <source>{0} finds no object there: add points, or draw again</source>
            <translation>{0} finds no object there: add points, or draw again</translation>
        </message>
        <message>
            <source>{0} objects</source>
            <translation>{0} objects</translation>
        </message>
        <message>
            <source>{0} of up to {1} frames</source>
            <translation>{0} of up to {1} frames</translation>
        </message>
    </context>
    <context>
        <name>PromptsFeature</name>
        <message>
            <source>Drag a box around an object. Click to add a point, Alt-click to exclude one. Enter propagates, Esc cancels</source>
            <translation>Drag a box around an object. Click to add a point, Alt-click to exclude one. Enter propagates, Esc cancels</translation>
        </message>
    </context>
    <context>
        <name>Propagation</name>
        <message>
            <source>Propagating</source>
            <translation>Propagating</translation>
        </message>
    </context>
    <context>
        <name>ProposalWords</name>
        <message>
            <source>duplicates track {0}</source>
            <translation>duplicates track {0}</translation>
        </message>
        <message>
            <source>duplicates track {0} and {1} others</source>
            <translation>duplicates track {0} and {1} others</translation>
        </message>
        <message>
            <source>frames {0} to {1}</source>
            <translation>frames {0} to {1}</translation>
        </message>
        <message>
            <source>mean IoU {0:.2f}</source>
            <translation>mean IoU {0:.2f}</translation>
        </message>
        <message>
            <source>no object was found</source>
            <translation>no object was found</translation>
        </message>
        <message>
            <source>{0} changed</source>
            <translation>{0} changed</translation>
        </message>
        <message>
            <source>{0} manual boxes kept</source>
            <translation>{0} manual boxes kept</translation>
        </message>
        <message>
            <source>{0} new</source>
            <translation>{0} new</translation>
        </message>
        <message>
            <source>{0} removed</source>
            <translation>{0} removed</translation>
        </message>
        <message>
            <source>{0} unchanged</source>
            <translation>{0} unchanged</translation>
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
            <source>Objects inside it are ignored in evaluation</source>
            <translation>Objects inside it are ignored in evaluation</translation>
        </message>
        <message>
            <source>To the end of the video</source>
            <translation>To the end of the video</translation>
        </message>
    </context>
    <context>
        <name>RegionsFeature</name>
        <message>
            <source>Drag a rectangle, or click the corners and press Enter; press Esc to cancel</source>
            <translation>Drag a rectangle, or click the corners and press Enter; press Esc to cancel</translation>
        </message>
        <message>
            <source>Draw a region that is ignored in evaluation: drag a rectangle or click its corners</source>
            <translation>Draw a region that is ignored in evaluation: drag a rectangle or click its corners</translation>
        </message>
        <message>
            <source>Draw ignore region</source>
            <translation>Draw ignore region</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
    </context>
    <context>
        <name>RemovalQuestion</name>
        <message numerus="yes">
            <source>%n boxes</source>
            <translation>
                <numerusform>%n box</numerusform>
                <numerusform>%n boxes</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n ignore regions</source>
            <translation>
                <numerusform>%n ignore region</numerusform>
                <numerusform>%n ignore regions</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n of them manual</source>
            <translation>
                <numerusform>%n of them manual</numerusform>
                <numerusform>%n of them manual</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n runs</source>
            <translation>
                <numerusform>%n run</numerusform>
                <numerusform>%n runs</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n tracks</source>
            <translation>
                <numerusform>%n track</numerusform>
                <numerusform>%n tracks</numerusform>
            </translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>Remove</translation>
        </message>
        <message>
            <source>Remove video</source>
            <translation>Remove video</translation>
        </message>
        <message>
            <source>Remove {0} from {1}?</source>
            <translation>Remove {0} from {1}?</translation>
        </message>
        <message>
            <source>The video file is not touched. You can undo this.</source>
            <translation>The video file is not touched. You can undo this.</translation>
        </message>
        <message>
            <source>With it go: {0}.</source>
            <translation>With it go: {0}.</translation>
        </message>
        <message>
            <source>no tracks</source>
            <translation>no tracks</translation>
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
        <name>RerunOffer</name>
        <message numerus="yes">
            <source>Rerun %n frames</source>
            <translation>
                <numerusform>Rerun %n frame</numerusform>
                <numerusform>Rerun %n frames</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>The deleted track hid %n other tracks.</source>
            <translation>
                <numerusform>The deleted track hid %n other track.</numerusform>
                <numerusform>The deleted track hid %n other tracks.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ReviewController</name>
        <message numerus="yes">
            <source>%n suspicious moments</source>
            <translation>
                <numerusform>%n suspicious moment</numerusform>
                <numerusform>%n suspicious moments</numerusform>
            </translation>
        </message>
        <message>
            <source>Delete track {0}</source>
            <translation>Delete track {0}</translation>
        </message>
        <message>
            <source>Go to a suspicious moment first (Tab)</source>
            <translation>Go to a suspicious moment first (Tab)</translation>
        </message>
        <message>
            <source>Marked as reviewed, no error</source>
            <translation>Marked as reviewed, no error</translation>
        </message>
        <message>
            <source>Merge {1} into {0}</source>
            <translation>Merge {1} into {0}</translation>
        </message>
        <message>
            <source>No error</source>
            <translation>No error</translation>
        </message>
        <message>
            <source>No suspicious moments found so far</source>
            <translation>No suspicious moments found so far</translation>
        </message>
        <message>
            <source>No suspicious moments left</source>
            <translation>No suspicious moments left</translation>
        </message>
        <message>
            <source>Prompt this object in frame {0}</source>
            <translation>Prompt this object in frame {0}</translation>
        </message>
        <message>
            <source>Searching for suspicious moments…</source>
            <translation>Searching for suspicious moments…</translation>
        </message>
        <message>
            <source>Split {0} at frame {1}</source>
            <translation>Split {0} at frame {1}</translation>
        </message>
        <message>
            <source>Swap {0} and {1} from frame {2} on</source>
            <translation>Swap {0} and {1} from frame {2} on</translation>
        </message>
        <message>
            <source>That was the last moment; continuing with the first</source>
            <translation>That was the last moment; continuing with the first</translation>
        </message>
        <message>
            <source>This moment involves only one track</source>
            <translation>This moment involves only one track</translation>
        </message>
        <message>
            <source>This moment involves {0} tracks: click the one to edit</source>
            <translation>This moment involves {0} tracks: click the one to edit</translation>
        </message>
    </context>
    <context>
        <name>ReviewFeature</name>
        <message>
            <source>Apply suggestion</source>
            <translation>Apply suggestion</translation>
        </message>
        <message>
            <source>Apply the suggested edit and go to the next moment</source>
            <translation>Apply the suggested edit and go to the next moment</translation>
        </message>
        <message>
            <source>Compare colours or stop</source>
            <translation>Compare colours or stop</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Delete</translation>
        </message>
        <message>
            <source>Delete the track of this moment and go to the next</source>
            <translation>Delete the track of this moment and go to the next</translation>
        </message>
        <message>
            <source>Go to the next moment at which a track may be wrong</source>
            <translation>Go to the next moment at which a track may be wrong</translation>
        </message>
        <message>
            <source>Mark this moment as reviewed and go to the next</source>
            <translation>Mark this moment as reviewed and go to the next</translation>
        </message>
        <message>
            <source>Merge</source>
            <translation>Merge</translation>
        </message>
        <message>
            <source>Merge the two tracks of this moment and go to the next</source>
            <translation>Merge the two tracks of this moment and go to the next</translation>
        </message>
        <message>
            <source>Next suspicious moment</source>
            <translation>Next suspicious moment</translation>
        </message>
        <message>
            <source>No error</source>
            <translation>No error</translation>
        </message>
        <message>
            <source>Previous suspicious moment</source>
            <translation>Previous suspicious moment</translation>
        </message>
        <message>
            <source>Read the video and rank moments also by changes of appearance</source>
            <translation>Read the video and rank moments also by changes of appearance</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Split</source>
            <translation>Split</translation>
        </message>
        <message>
            <source>Split the track of this moment and go to the next</source>
            <translation>Split the track of this moment and go to the next</translation>
        </message>
        <message>
            <source>Swap</source>
            <translation>Swap</translation>
        </message>
        <message>
            <source>Swap the two tracks of this moment and go to the next</source>
            <translation>Swap the two tracks of this moment and go to the next</translation>
        </message>
        <message>
            <source>Zoom to each moment</source>
            <translation>Zoom to each moment</translation>
        </message>
        <message>
            <source>Zoom to the tracks of a moment when going to it</source>
            <translation>Zoom to the tracks of a moment when going to it</translation>
        </message>
        <message>
            <source>{0} {1}</source>
            <translation>{0} {1}</translation>
        </message>
    </context>
    <context>
        <name>ReviewPanel</name>
        <message>
            <source>All kinds</source>
            <translation>All kinds</translation>
        </message>
        <message>
            <source>All suspicious moments are reviewed</source>
            <translation>All suspicious moments are reviewed</translation>
        </message>
        <message>
            <source>Colours are not compared</source>
            <translation>Colours are not compared</translation>
        </message>
        <message>
            <source>Compare</source>
            <translation>Compare</translation>
        </message>
        <message>
            <source>Comparing colours</source>
            <translation>Comparing colours</translation>
        </message>
        <message>
            <source>No error</source>
            <translation>No error</translation>
        </message>
        <message>
            <source>No moments match the filter</source>
            <translation>No moments match the filter</translation>
        </message>
        <message>
            <source>No suspicious moments found</source>
            <translation>No suspicious moments found</translation>
        </message>
        <message>
            <source>Only moments of the track with this number</source>
            <translation>Only moments of the track with this number</translation>
        </message>
        <message>
            <source>Open a project to find possible errors in its tracks</source>
            <translation>Open a project to find possible errors in its tracks</translation>
        </message>
        <message>
            <source>Searching for suspicious moments…</source>
            <translation>Searching for suspicious moments…</translation>
        </message>
        <message>
            <source>Show only moments of this kind</source>
            <translation>Show only moments of this kind</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Stop</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>{0} ({1})</source>
            <translation>{0} ({1})</translation>
        </message>
        <message>
            <source>{0} of {1} done</source>
            <translation>{0} of {1} done</translation>
        </message>
    </context>
    <context>
        <name>ScopeField</name>
        <message>
            <source>For which frames a value is set that may change over time. From here on: until its next change</source>
            <translation>For which frames a value is set that may change over time. From here on: until its next change</translation>
        </message>
        <message>
            <source>From here on</source>
            <translation>From here on</translation>
        </message>
        <message>
            <source>In all frames</source>
            <translation>In all frames</translation>
        </message>
        <message>
            <source>In the selected range</source>
            <translation>In the selected range</translation>
        </message>
        <message>
            <source>Only here</source>
            <translation>Only here</translation>
        </message>
    </context>
    <context>
        <name>ScoreGrid</name>
        <message>
            <source>1 minus misses, false positives and identity switches per ground-truth box, percent</source>
            <translation>1 minus misses, false positives and identity switches per ground-truth box, percent</translation>
        </message>
        <message>
            <source>Association accuracy, percent</source>
            <translation>Association accuracy, percent</translation>
        </message>
        <message>
            <source>Before</source>
            <translation>Before</translation>
        </message>
        <message>
            <source>Change</source>
            <translation>Change</translation>
        </message>
        <message>
            <source>Detection accuracy, percent</source>
            <translation>Detection accuracy, percent</translation>
        </message>
        <message>
            <source>F1 score of boxes with the correct identity, percent</source>
            <translation>F1 score of boxes with the correct identity, percent</translation>
        </message>
        <message>
            <source>Higher Order Tracking Accuracy: combines detection and association, percent</source>
            <translation>Higher Order Tracking Accuracy: combines detection and association, percent</translation>
        </message>
        <message>
            <source>Identity switches</source>
            <translation>Identity switches</translation>
        </message>
        <message>
            <source>Now</source>
            <translation>Now</translation>
        </message>
        <message>
            <source>Run {0}</source>
            <translation>Run {0}</translation>
        </message>
        <message>
            <source>The effect of your corrections</source>
            <translation>The effect of your corrections</translation>
        </message>
        <message>
            <source>The tracks at the time of the evaluation</source>
            <translation>The tracks at the time of the evaluation</translation>
        </message>
        <message>
            <source>Tracks of the last run in the history, without edits</source>
            <translation>Tracks of the last run in the history, without edits</translation>
        </message>
    </context>
    <context>
        <name>Sentence</name>
        <message>
            <source>the area of {0} changes {1}-fold in one frame</source>
            <translation>the area of {0} changes {1}-fold in one frame</translation>
        </message>
        <message>
            <source>the colours of {0} change by {1}</source>
            <translation>the colours of {0} change by {1}</translation>
        </message>
        <message numerus="yes">
            <source>the detector finds an object in %n frame(s) that no track covers</source>
            <translation>
                <numerusform>the detector finds an object in %n frame that no track covers</numerusform>
                <numerusform>the detector finds an object in %n frames that no track covers</numerusform>
            </translation>
        </message>
        <message>
            <source>the score of {0} drops to {1}</source>
            <translation>the score of {0} drops to {1}</translation>
        </message>
        <message>
            <source>track {0}</source>
            <translation>track {0}</translation>
        </message>
        <message numerus="yes">
            <source>{0} and {1} cover the same object in %n frame(s)</source>
            <translation>
                <numerusform>{0} and {1} cover the same object in %n frame</numerusform>
                <numerusform>{0} and {1} cover the same object in %n frames</numerusform>
            </translation>
        </message>
        <message>
            <source>{0} and {1} overlap by {2} and seem to swap identities</source>
            <translation>{0} and {1} overlap by {2} and seem to swap identities</translation>
        </message>
        <message>
            <source>{0} and {1} overlap by {2} and separate again</source>
            <translation>{0} and {1} overlap by {2} and separate again</translation>
        </message>
        <message>
            <source>{0} continues across a scene cut</source>
            <translation>{0} continues across a scene cut</translation>
        </message>
        <message numerus="yes">
            <source>{0} has only %n box(es)</source>
            <translation>
                <numerusform>{0} has only %n box</numerusform>
                <numerusform>{0} has only %n boxes</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>{0} is lost for %n frame(s) and reappears {1} box sizes from its expected position</source>
            <translation>
                <numerusform>{0} is lost for %n frame and reappears {1} box sizes from its expected position</numerusform>
                <numerusform>{0} is lost for %n frames and reappears {1} box sizes from its expected position</numerusform>
            </translation>
        </message>
        <message>
            <source>{0} jumps by {1} box sizes</source>
            <translation>{0} jumps by {1} box sizes</translation>
        </message>
        <message numerus="yes">
            <source>{0} occludes {1} for %n frame(s)</source>
            <translation>
                <numerusform>{0} occludes {1} for %n frame</numerusform>
                <numerusform>{0} occludes {1} for %n frames</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>{0} starts %n frame(s) after {1} was lost nearby</source>
            <translation>
                <numerusform>{0} starts %n frame after {1} was lost nearby</numerusform>
                <numerusform>{0} starts %n frames after {1} was lost nearby</numerusform>
            </translation>
        </message>
        <message>
            <source>{0} starts at the edge of the frame</source>
            <translation>{0} starts at the edge of the frame</translation>
        </message>
        <message>
            <source>{0} starts away from the edge of the frame</source>
            <translation>{0} starts away from the edge of the frame</translation>
        </message>
        <message>
            <source>{0} was prompted again, which changed its box by {1}</source>
            <translation>{0} was prompted again, which changed its box by {1}</translation>
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
            <source>Click to collapse</source>
            <translation>Click to collapse</translation>
        </message>
        <message>
            <source>Click to expand</source>
            <translation>Click to expand</translation>
        </message>
        <message>
            <source>Locked: neither edits nor runs can change it</source>
            <translation>Locked: neither edits nor runs can change it</translation>
        </message>
        <message>
            <source>Occluded by another track from frame {0}</source>
            <translation>Occluded by another track from frame {0}</translation>
        </message>
        <message>
            <source>Prompted in frame {0}</source>
            <translation>Prompted in frame {0}</translation>
        </message>
        <message>
            <source>Re-prompted in frame {0}</source>
            <translation>Re-prompted in frame {0}</translation>
        </message>
        <message>
            <source>Reviewed</source>
            <translation>Reviewed</translation>
        </message>
        <message>
            <source>Run with {0}, frames {1} to {2}</source>
            <translation>Run with {0}, frames {1} to {2}</translation>
        </message>
        <message>
            <source>Scene cut</source>
            <translation>Scene cut</translation>
        </message>
        <message>
            <source>Track {0}, frames {1} to {2}</source>
            <translation>Track {0}, frames {1} to {2}</translation>
        </message>
        <message>
            <source>no</source>
            <translation>no</translation>
        </message>
        <message>
            <source>yes</source>
            <translation>yes</translation>
        </message>
        <message>
            <source>{0}: {1}, frames {2} to {3}</source>
            <translation>{0}: {1}, frames {2} to {3}</translation>
        </message>
    </context>
    <context>
        <name>TimelineFeature</name>
        <message>
            <source>Fit timeline to video</source>
            <translation>Fit timeline to video</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>TrackFields</name>
        <message>
            <source>Class</source>
            <translation>Class</translation>
        </message>
        <message>
            <source>Color</source>
            <translation>Color</translation>
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
            <source>Mean score of the predicted boxes</source>
            <translation>Mean score of the predicted boxes</translation>
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
            <source>Number of frames of the track, without gaps; in some it may be lost or have no box</source>
            <translation>Number of frames of the track, without gaps; in some it may be lost or have no box</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Set by {0}, {1} (UTC)</source>
            <translation>Set by {0}, {1} (UTC)</translation>
        </message>
        <message>
            <source>Set values</source>
            <translation>Set values</translation>
        </message>
        <message>
            <source>Track {0}</source>
            <translation>Track {0}</translation>
        </message>
        <message>
            <source>done</source>
            <translation>done</translation>
        </message>
        <message>
            <source>in progress</source>
            <translation>in progress</translation>
        </message>
        <message>
            <source>needs work</source>
            <translation>needs work</translation>
        </message>
        <message>
            <source>not started</source>
            <translation>not started</translation>
        </message>
        <message>
            <source>to</source>
            <translation>to</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>unknown</translation>
        </message>
        <message>
            <source>{0} frames</source>
            <translation>{0} frames</translation>
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
            <source>Attributes with a value</source>
            <translation>Attributes with a value</translation>
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
            <source>Frames</source>
            <translation>Frames</translation>
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
            <source>Mean score of the predicted boxes</source>
            <translation>Mean score of the predicted boxes</translation>
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
            <source>Number of frames of the track, without gaps; in some it may be lost or have no box</source>
            <translation>Number of frames of the track, without gaps; in some it may be lost or have no box</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Review</translation>
        </message>
        <message>
            <source>Review state</source>
            <translation>Review state</translation>
        </message>
        <message>
            <source>Score</source>
            <translation>Score</translation>
        </message>
        <message>
            <source>Track number</source>
            <translation>Track number</translation>
        </message>
        <message>
            <source>done</source>
            <translation>done</translation>
        </message>
        <message>
            <source>in progress</source>
            <translation>in progress</translation>
        </message>
        <message>
            <source>needs work</source>
            <translation>needs work</translation>
        </message>
        <message>
            <source>no</source>
            <translation>no</translation>
        </message>
        <message>
            <source>not {0}</source>
            <translation>not {0}</translation>
        </message>
        <message>
            <source>yes</source>
            <translation>yes</translation>
        </message>
    </context>
    <context>
        <name>TrackScoreModel</name>
        <message>
            <source>Boxes</source>
            <translation>Boxes</translation>
        </message>
        <message>
            <source>Boxes of the track</source>
            <translation>Boxes of the track</translation>
        </message>
        <message>
            <source>Identity switches from or to this track</source>
            <translation>Identity switches from or to this track</translation>
        </message>
        <message>
            <source>Matched</source>
            <translation>Matched</translation>
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
            <source>Object</source>
            <translation>Object</translation>
        </message>
        <message>
            <source>Purity</source>
            <translation>Purity</translation>
        </message>
        <message>
            <source>Share of its boxes with an IoU of at least 0.5 with an object</source>
            <translation>Share of its boxes with an IoU of at least 0.5 with an object</translation>
        </message>
        <message>
            <source>Share of its matched boxes that match this object</source>
            <translation>Share of its matched boxes that match this object</translation>
        </message>
        <message>
            <source>Switches</source>
            <translation>Switches</translation>
        </message>
        <message>
            <source>The ground-truth object that it matches most often</source>
            <translation>The ground-truth object that it matches most often</translation>
        </message>
    </context>
    <context>
        <name>TrackTable</name>
        <message>
            <source>Any class</source>
            <translation>Any class</translation>
        </message>
        <message>
            <source>Any state</source>
            <translation>Any state</translation>
        </message>
        <message>
            <source>Done</source>
            <translation>Done</translation>
        </message>
        <message>
            <source>Filter by class</source>
            <translation>Filter by class</translation>
        </message>
        <message>
            <source>Filter by review state</source>
            <translation>Filter by review state</translation>
        </message>
        <message>
            <source>Filter tracks</source>
            <translation>Filter tracks</translation>
        </message>
        <message>
            <source>In progress</source>
            <translation>In progress</translation>
        </message>
        <message>
            <source>Needs work</source>
            <translation>Needs work</translation>
        </message>
        <message>
            <source>No tracks match the filter</source>
            <translation>No tracks match the filter</translation>
        </message>
        <message>
            <source>No tracks yet: run the tracker (Ctrl+E) or prompt an object (N)</source>
            <translation>No tracks yet: run the tracker (Ctrl+E) or prompt an object (N)</translation>
        </message>
        <message>
            <source>Not started</source>
            <translation>Not started</translation>
        </message>
    </context>
    <context>
        <name>Transport</name>
        <message numerus="yes">
            <source>%n frames backward</source>
            <translation>
                <numerusform>%n frame backward</numerusform>
                <numerusform>%n frames backward</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n frames forward</source>
            <translation>
                <numerusform>%n frame forward</numerusform>
                <numerusform>%n frames forward</numerusform>
            </translation>
        </message>
        <message>
            <source>Enter a frame such as 412 or a time such as 0:16.48</source>
            <translation>Enter a frame such as 412 or a time such as 0:16.48</translation>
        </message>
        <message>
            <source>Go</source>
            <translation>Go</translation>
        </message>
        <message>
            <source>Go to frame or time…</source>
            <translation>Go to frame or time…</translation>
        </message>
        <message>
            <source>Play at normal speed</source>
            <translation>Play at normal speed</translation>
        </message>
        <message>
            <source>Playback speed</source>
            <translation>Playback speed</translation>
        </message>
        <message>
            <source>Several frames backward</source>
            <translation>Several frames backward</translation>
        </message>
        <message>
            <source>Several frames forward</source>
            <translation>Several frames forward</translation>
        </message>
        <message>
            <source>Step size of {0} and {1}, in frames</source>
            <translation>Step size of {0} and {1}, in frames</translation>
        </message>
        <message>
            <source>Step: </source>
            <translation>Step: </translation>
        </message>
        <message>
            <source>of {0}</source>
            <translation>of {0}</translation>
        </message>
    </context>
    <context>
        <name>ValueActions</name>
        <message>
            <source>Give the shown attribute its next value in the selected range, or else from this frame on until its next change</source>
            <translation>Give the shown attribute its next value in the selected range, or else from this frame on until its next change</translation>
        </message>
        <message>
            <source>Give the shown attribute its next value in this frame only</source>
            <translation>Give the shown attribute its next value in this frame only</translation>
        </message>
        <message>
            <source>Go</source>
            <translation>Go</translation>
        </message>
        <message>
            <source>Go to the next frame in which the shown attribute changes</source>
            <translation>Go to the next frame in which the shown attribute changes</translation>
        </message>
        <message>
            <source>Go to the previous frame in which the shown attribute changes</source>
            <translation>Go to the previous frame in which the shown attribute changes</translation>
        </message>
        <message>
            <source>Lanes</source>
            <translation>Lanes</translation>
        </message>
        <message>
            <source>Next change of value</source>
            <translation>Next change of value</translation>
        </message>
        <message>
            <source>Next value from here on</source>
            <translation>Next value from here on</translation>
        </message>
        <message>
            <source>Next value only here</source>
            <translation>Next value only here</translation>
        </message>
        <message>
            <source>No change of value after this frame</source>
            <translation>No change of value after this frame</translation>
        </message>
        <message>
            <source>No change of value before this frame</source>
            <translation>No change of value before this frame</translation>
        </message>
        <message>
            <source>Previous change of value</source>
            <translation>Previous change of value</translation>
        </message>
        <message>
            <source>Show next attribute</source>
            <translation>Show next attribute</translation>
        </message>
        <message>
            <source>Show the values of the next attribute that changes over time on the lanes; none after the last one</source>
            <translation>Show the values of the next attribute that changes over time on the lanes; none after the last one</translation>
        </message>
        <message>
            <source>The lanes show {0}</source>
            <translation>The lanes show {0}</translation>
        </message>
        <message>
            <source>The selected tracks have no attribute {0}; show another one (Alt+A)</source>
            <translation>The selected tracks have no attribute {0}; show another one (Alt+A)</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Track</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
        </message>
    </context>
    <context>
        <name>Values</name>
        <message>
            <source>Select a range first: Shift-drag on the timeline</source>
            <translation>Select a range first: Shift-drag on the timeline</translation>
        </message>
    </context>
    <context>
        <name>VideoQuestion</name>
        <message numerus="yes">
            <source>%n videos</source>
            <translation>
                <numerusform>%n video</numerusform>
                <numerusform>%n videos</numerusform>
            </translation>
        </message>
        <message>
            <source>A job is using the open project: wait for it or cancel it first</source>
            <translation>A job is using the open project: wait for it or cancel it first</translation>
        </message>
        <message>
            <source>Add to this project</source>
            <translation>Add to this project</translation>
        </message>
        <message>
            <source>Add {0} to {1}?</source>
            <translation>Add {0} to {1}?</translation>
        </message>
        <message>
            <source>New project</source>
            <translation>New project</translation>
        </message>
        <message>
            <source>Open the other project</source>
            <translation>Open the other project</translation>
        </message>
        <message>
            <source>Open video</source>
            <translation>Open video</translation>
        </message>
        <message>
            <source>Otherwise, the new project {0} is created and opened instead.</source>
            <translation>Otherwise, the new project {0} is created and opened instead.</translation>
        </message>
        <message>
            <source>Otherwise, {0} is opened instead.</source>
            <translation>Otherwise, {0} is opened instead.</translation>
        </message>
    </context>
    <context>
        <name>ViewActions</name>
        <message>
            <source>Actual size</source>
            <translation>Actual size</translation>
        </message>
        <message>
            <source>Fit frame to window</source>
            <translation>Fit frame to window</translation>
        </message>
        <message>
            <source>Mask contours only</source>
            <translation>Mask contours only</translation>
        </message>
        <message>
            <source>Selected tracks only</source>
            <translation>Selected tracks only</translation>
        </message>
        <message>
            <source>Show boxes</source>
            <translation>Show boxes</translation>
        </message>
        <message>
            <source>Show masks</source>
            <translation>Show masks</translation>
        </message>
        <message>
            <source>Show names</source>
            <translation>Show names</translation>
        </message>
        <message>
            <source>Show the frame at 100%</source>
            <translation>Show the frame at 100%</translation>
        </message>
        <message>
            <source>Show the whole frame</source>
            <translation>Show the whole frame</translation>
        </message>
        <message>
            <source>Show trails</source>
            <translation>Show trails</translation>
        </message>
        <message>
            <source>View</source>
            <translation>View</translation>
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
            <source>Stopped; the downloaded part is kept</source>
            <translation>Stopped; the downloaded part is kept</translation>
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
