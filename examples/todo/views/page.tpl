<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}} - To do</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/todo.css">
</head>
<body>
<nav><a href="/todo">To do</a> <a href="/new">New</a></nav>
<main>
<h1>{{title}}</h1>
{{!base}}
</main>
</body>
</html>
